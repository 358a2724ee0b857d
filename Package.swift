// swift-tools-version: 6.2
// The modules of Terrane, from the ground up. A target depends on modules below it only.
import PackageDescription

/// AVX2 and FMA for Swift's SIMD types: every machine that runs Terrane is x86-64-v3 or newer.
let computeSettings: [SwiftSetting] = [
  .unsafeFlags(["-Xcc", "-march=x86-64-v3"]), .treatAllWarnings(as: .error),
]

/// For modules that hold no raw memory: what is unsafe is an error, unless it is marked.
let safeSettings = computeSettings + [.strictMemorySafety()]

func library(
  _ name: String, _ dependencies: [Target.Dependency] = [],
  settings: [SwiftSetting] = computeSettings
) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [])
  -> Target
{
  .testTarget(
    name: name + "Tests", dependencies: ["TestSupport"] + dependencies,
    resources: resources, swiftSettings: computeSettings)
}

/// Tests of a module, which may use all that it is made of, and others.
func tests(of module: String, _ others: [Target.Dependency] = [], resources: [Resource] = [])
  -> Target
{
  tests(module, [.byName(name: module)] + others, resources: resources)
}

func systemLibrary(_ name: String, apt package: String) -> Target {
  .systemLibrary(name: name, providers: [.apt([package])])
}

/// What a module has from another package. Only the programs need any: see the trait below.
func product(_ name: String, of package: String) -> Target.Dependency {
  .product(name: name, package: package, condition: .when(traits: ["Programs"]))
}

let arguments = product("ArgumentParser", of: "swift-argument-parser")
let logging = product("Logging", of: "swift-log")

let package = Package(
  name: "terrane",
  products: [
    .executable(name: "terrane", targets: ["terrane"]),
    .executable(name: "terrane-ingest", targets: ["terrane-ingest"]),
    .executable(name: "terrane-features", targets: ["terrane-features"]),
    // For programs of others that read what Terrane writes (scripts/test-package).
    .library(
      name: "NeighborMAE",
      targets: ["NeighborMAE", "MaskedAutoencoding", "VisionTransformer", "Tensors", "Basics"]),
    .library(name: "Imagery", targets: ["Imagery", "Basics"]),
    .library(name: "Checkpoints", targets: ["Checkpoints", "Tensors", "Basics"]),
  ],
  traits: [
    // Who needs the libraries alone writes `traits: []`, and is not bound by the versions below.
    .trait(name: "Programs", description: "The programs, and the packages they are made with."),
    .default(enabledTraits: ["Programs"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  ],
  targets: [
    // C libraries
    systemLibrary("CZeroMQ", apt: "libzmq3-dev"),
    systemLibrary("CProtobufC", apt: "libprotobuf-c-dev"),
    systemLibrary("CLZ4", apt: "liblz4-dev"),
    systemLibrary("CDeflate", apt: "libdeflate-dev"),
    systemLibrary("CXXHash", apt: "libxxhash-dev"),
    systemLibrary("CCairo", apt: "libcairo2-dev"),
    systemLibrary("CGDAL", apt: "libgdal-dev"),
    systemLibrary("CGEOS", apt: "libgeos-dev"),
    systemLibrary("COpenBLAS", apt: "libopenblas-dev"),
    .systemLibrary(name: "CHeap"),
    .systemLibrary(name: "CNamespaces"),
    .systemLibrary(name: "CProcessor"),
    .target(name: "CPairProducts"),
    .target(
      name: "CWireMessages", dependencies: ["CProtobufC"],
      linkerSettings: [.linkedLibrary("protobuf-c")]),

    // Ground floor
    library("Basics", ["CXXHash"]),
    library("Tensors", ["Basics"]),
    library("LinearAlgebra", ["COpenBLAS"]),
    // For 512-bit registers; the linker must find nothing in it to share (scripts/test looks).
    .target(
      name: "WideKernels", dependencies: ["CProcessor"],
      swiftSettings: [
        .unsafeFlags(["-Xcc", "-march=x86-64-v4"]), .treatAllWarnings(as: .error),
      ]),
    library("Kernels", ["Basics", "Tensors", "CProcessor", "CPairProducts", "WideKernels"]),
    library("Optimizer", ["Basics", "Tensors", "Kernels"]),
    library("Compression", ["Basics", "Tensors", "Kernels", "CLZ4"]),

    // What is trained
    library("Objectives", ["Basics", "Tensors"]),
    library("VisionTransformer", ["Basics", "Tensors", "Kernels"]),
    library("MaskedAutoencoding", ["Basics", "Tensors", "Kernels", "VisionTransformer"]),
    library(
      "MAE",
      ["Basics", "Tensors", "Kernels", "Objectives", "VisionTransformer", "MaskedAutoencoding"]),
    library(
      "SatMAEpp",
      [
        "Basics", "Tensors", "Kernels", "Objectives", "VisionTransformer", "MaskedAutoencoding",
        "MAE",
      ]),
    library(
      "NeighborMAE",
      ["Basics", "Tensors", "Kernels", "Objectives", "VisionTransformer", "MaskedAutoencoding"]),

    // The world
    library("Wire", ["Basics", "CProtobufC", "CWireMessages"]),
    library("Transport", ["Basics", "CZeroMQ"]),
    library("Keys", ["Basics", "Transport"], settings: safeSettings),
    library("Checkpoints", ["Basics", "Tensors", "Kernels"]),
    library("Imagery", ["Basics", "Tensors", "Compression", "CDeflate"]),
    library(
      "Configuration",
      ["Basics", "MaskedAutoencoding", "Compression", "Wire", product("Yams", of: "Yams")],
      settings: safeSettings),
    library("Observability", ["Basics", logging]),

    // The run
    library("Coordination", ["Basics", "Wire"], settings: safeSettings),
    library(
      "Sampling",
      [
        "Basics", "Imagery", "MaskedAutoencoding", "MAE", "SatMAEpp", "NeighborMAE",
      ]),
    library(
      "TrainingRun",
      [
        "Basics", "Tensors", "Optimizer", "Compression", "VisionTransformer", "Objectives",
        "MaskedAutoencoding", "MAE", "SatMAEpp", "NeighborMAE", "Wire", "Checkpoints", "Imagery",
        "Configuration", "Observability", "Coordination", "Sampling",
      ]),
    library(
      "ClusterRuntime",
      [
        "Basics", "Tensors", "Compression", "Objectives", "MaskedAutoencoding", "MAE", "SatMAEpp",
        "NeighborMAE", "Wire", "Transport", "Keys", "Checkpoints", "Imagery", "Configuration",
        "Observability", "Coordination", "Sampling", "TrainingRun", "CHeap",
      ]),
    library(
      "Simulation",
      [
        "Basics", "Tensors", "Kernels", "Optimizer", "Compression", "Objectives",
        "MaskedAutoencoding", "NeighborMAE", "Wire", "Checkpoints", "Observability", "Coordination",
        "TrainingRun",
      ]),
    // What a run learned
    library(
      "Encoders",
      [
        "Basics", "Tensors", "VisionTransformer", "MaskedAutoencoding", "Checkpoints", "Imagery",
        "Configuration", "Observability", "TrainingRun",
      ]),
    library(
      "Export",
      [
        "Basics", "Tensors", "VisionTransformer", "MaskedAutoencoding", "Checkpoints", "Imagery",
        "Configuration", "Observability", "TrainingRun", "Encoders",
      ]),
    // From scenes to datasets
    library("Maps", ["Basics", "Imagery", "CGDAL", "CGEOS"]),
    library("Scenes", ["Basics", "Imagery", "Maps", "CGDAL"]),
    library("Ingestion", ["Basics", "Imagery", "Observability", "Maps", "Scenes"]),
    library("MapFiles", ["Basics", "Maps", "Scenes", "CGDAL"]),
    library("SceneArguments", ["Scenes", arguments]),
    library("EncoderArguments", ["Observability", "TrainingRun", "Encoders", arguments]),
    library("Parquet", ["Basics"]),

    library(
      "Embedding",
      [
        "Basics", "Tensors", "Kernels", "VisionTransformer", "Imagery", "Observability", "Maps",
        "Scenes", "MapFiles", "Parquet", "LinearAlgebra", "Pictures", "Encoders",
      ]),

    library("Pictures", ["Basics", "Imagery", "CCairo"]),
    library(
      "Examination",
      [
        "Basics", "Tensors", "Objectives", "MaskedAutoencoding", "MAE", "SatMAEpp", "NeighborMAE",
        "Checkpoints", "Imagery", "Observability", "Coordination", "Sampling", "TrainingRun",
        "Pictures", "Configuration",
      ]),

    // What a run's folder tells, made visible
    library(
      "RunHistory",
      ["Basics", "Checkpoints", "Configuration", "Observability"], settings: safeSettings),
    library("TensorBoard", ["Basics", "Configuration", "Observability"], settings: safeSettings),
    .target(
      name: "Serving",
      dependencies: [
        "Basics", "Observability", "RunHistory", product("NIOCore", of: "swift-nio"),
        product("NIOPosix", of: "swift-nio"), product("NIOHTTP1", of: "swift-nio"),
      ],
      resources: [
        "page.html", "login.html", "page.css", "series.js", "plot.js", "workers.js", "page.js",
      ].map { .embedInCode("Page/\($0)") }, swiftSettings: safeSettings),

    library(
      "Probing",
      [
        "Basics", "Tensors", "LinearAlgebra", "Kernels", "Objectives", "VisionTransformer",
        "Checkpoints", "Imagery", "TrainingRun", "Maps", "Scenes", "MapFiles", "Encoders",
        "Embedding", "Pictures", "Examination", "Observability",
      ]),

    // What is about to be computed, and how fast
    library(
      "Planning",
      ["Basics", "Compression", "Configuration", "Coordination", "Imagery", "TrainingRun"]),
    library(
      "Benchmarks",
      [
        "Basics", "Tensors", "Kernels", "Optimizer", "Objectives", "VisionTransformer",
        "MaskedAutoencoding", "MAE", "SatMAEpp", "NeighborMAE", "Imagery", "Configuration",
        "Compression", "Observability", "Transport", "Coordination", "Keys", "ClusterRuntime",
        "TrainingRun", "Planning", "CHeap", "CNamespaces",
      ]),

    // The command lines
    .plugin(name: "BuildCommit", capability: .buildTool()),
    .target(
      name: "Commands", dependencies: ["Basics", arguments], swiftSettings: safeSettings,
      plugins: ["BuildCommit"]),
    .executableTarget(
      name: "terrane",
      dependencies: [
        "Examination", "ClusterRuntime", "TrainingRun", "Configuration", "MaskedAutoencoding",
        "Basics", "Keys", "Compression", "Observability", "Coordination", "Simulation",
        "Benchmarks", "Planning", "Imagery", "Export", "EncoderArguments", "Transport", "Commands",
        "RunHistory", "Serving", "TensorBoard", arguments,
      ], swiftSettings: safeSettings),
    .executableTarget(
      name: "terrane-ingest",
      dependencies: [
        "Basics", "Imagery", "Maps", "Scenes", "Ingestion", "SceneArguments", "Commands", arguments,
      ],
      swiftSettings: computeSettings),
    .executableTarget(
      name: "terrane-features",
      dependencies: [
        "Basics", "Imagery", "Observability", "TrainingRun", "MapFiles", "Scenes", "Ingestion",
        "Pictures", "Encoders", "Embedding", "Probing", "SceneArguments", "EncoderArguments",
        "Commands", arguments,
      ],
      swiftSettings: computeSettings),

    // The specifications
    .target(
      name: "TestSupport", dependencies: ["Basics", "Tensors", "Objectives", "Transport"],
      path: "Tests/TestSupport",
      swiftSettings: computeSettings),
    tests(of: "NeighborMAE", ["Examination", "Encoders"], resources: [.copy("Golden")]),
    tests(of: "MAE", ["Examination"], resources: [.copy("Golden")]),
    tests(of: "SatMAEpp", ["Examination"], resources: [.copy("Golden")]),
    tests(of: "Checkpoints", ["Simulation"]),
    tests(of: "Imagery", ["Examination"]),
    tests(of: "Observability", [logging]),
    tests("Arithmetic", ["TrainingRun"]),
    tests("Style", []),
    tests(of: "Scenes", ["CGDAL"]),
    tests(of: "Ingestion", resources: [.copy("neighbour_judge.py")]),
    tests(of: "Probing", resources: [.copy("Golden")]),
    tests("Ingest", ["Imagery"]),
    tests("Interface", []),
  ],
  swiftLanguageModes: [.v6]
)

// Modules whose tests need nothing but themselves
package.targets += [
  "Basics", "Tensors", "Kernels", "Optimizer", "Compression", "VisionTransformer", "Wire",
  "Transport", "Keys", "Sampling", "Configuration", "Coordination", "TrainingRun", "ClusterRuntime",
  "Simulation", "Pictures", "Examination", "Export", "RunHistory", "Serving", "TensorBoard", "Maps",
  "LinearAlgebra", "Embedding", "Planning",
].map { tests(of: $0) }
