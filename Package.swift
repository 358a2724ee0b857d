// swift-tools-version: 6.1
// The rooms of Terrane, from the ground up. A target depends on rooms below it only.
import PackageDescription

/// AVX2 and FMA for Swift's SIMD types: every machine that runs Terrane is x86-64-v3 or newer.
let computeSettings: [SwiftSetting] = [.unsafeFlags(["-Xcc", "-march=x86-64-v3"])]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: computeSettings)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = [])
  -> Target
{
  .testTarget(
    name: name + "Tests", dependencies: dependencies, resources: resources,
    swiftSettings: computeSettings)
}

func systemLibrary(_ name: String, apt package: String) -> Target {
  .systemLibrary(name: name, providers: [.apt([package])])
}

let arguments: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

let package = Package(
  name: "terrane",
  products: [
    .executable(name: "terrane", targets: ["terrane"]),
    .executable(name: "terrane-ingest", targets: ["terrane-ingest"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // C libraries
    systemLibrary("CZeroMQ", apt: "libzmq3-dev"),
    systemLibrary("CProtobufC", apt: "libprotobuf-c-dev"),
    systemLibrary("CLZ4", apt: "liblz4-dev"),
    systemLibrary("CZlib", apt: "zlib1g-dev"),
    systemLibrary("CXXHash", apt: "libxxhash-dev"),
    systemLibrary("CCairo", apt: "libcairo2-dev"),
    systemLibrary("CGDAL", apt: "libgdal-dev"),
    systemLibrary("CGEOS", apt: "libgeos-dev"),
    .systemLibrary(name: "CHeap"),
    .systemLibrary(name: "CProcessor"),
    .target(
      name: "CWireMessages", dependencies: ["CProtobufC"],
      linkerSettings: [.linkedLibrary("protobuf-c")]),

    // Ground floor
    library("Foundations", ["CXXHash"]),
    library("Tensors", ["Foundations"]),
    // For machines with 512-bit registers; the linker must find nothing in it to share (scripts/test looks).
    .target(
      name: "WideKernels", dependencies: ["CProcessor"],
      swiftSettings: [.unsafeFlags(["-Xcc", "-march=x86-64-v4"])]),
    library("Kernels", ["Foundations", "Tensors", "CProcessor", "WideKernels"]),
    library("Optimizer", ["Foundations", "Tensors", "Kernels"]),
    library("Compression", ["Foundations", "Tensors", "Kernels", "CLZ4"]),

    // The model
    library("NeighborMAE", ["Foundations", "Tensors", "Kernels"]),

    // The world
    library("Wire", ["Foundations", "CProtobufC", "CWireMessages"]),
    library("Transport", ["Foundations", "CZeroMQ"]),
    library("Checkpoints", ["Foundations", "Tensors", "Kernels"]),
    library("Imagery", ["Foundations", "Tensors", "Compression", "CZlib"]),
    library(
      "Configuration",
      [
        "Foundations", "NeighborMAE", "Compression", "Optimizer",
        .product(name: "Yams", package: "Yams"),
      ]),
    library("Observability", ["Foundations", logging]),

    // The run
    library("Coordination", ["Foundations", "Wire"]),
    library(
      "ClusterRuntime",
      [
        "Foundations", "Tensors", "Kernels", "Optimizer", "Compression", "NeighborMAE", "Wire",
        "Transport", "Checkpoints", "Imagery", "Configuration", "Observability", "Coordination",
      ]),
    library(
      "Simulation",
      [
        "Foundations", "Tensors", "Kernels", "Optimizer", "Compression", "NeighborMAE", "Wire",
        "Checkpoints", "Observability", "Coordination", "ClusterRuntime",
      ]),
    library("Pictures", ["Foundations", "CCairo"]),
    library(
      "Examination",
      [
        "Foundations", "Tensors", "NeighborMAE", "Checkpoints", "Imagery", "Observability",
        "Coordination", "ClusterRuntime", "Pictures", "Wire", "Configuration", "Optimizer",
      ]),

    library(
      "Benchmarks",
      ["Foundations", "Tensors", "Kernels", "Optimizer", "NeighborMAE", "Imagery", "CHeap"]),

    // The command lines
    library("Commands", ["Foundations", arguments]),
    .executableTarget(
      name: "terrane",
      dependencies: [
        "Examination", "ClusterRuntime", "Configuration", "NeighborMAE", "Foundations",
        "Observability", "Simulation", "Benchmarks", "Commands", arguments,
      ], swiftSettings: computeSettings),
    .executableTarget(
      name: "terrane-ingest",
      dependencies: [
        "Foundations", "Imagery", "Observability", "Commands", "CGDAL", "CGEOS", arguments,
      ],
      swiftSettings: computeSettings),

    // The specifications
    .target(
      name: "TestSupport", dependencies: ["Foundations", "Transport"], path: "Tests/TestSupport",
      swiftSettings: computeSettings),
    tests(of: "Foundations", ["Foundations"]),
    tests(of: "Tensors", ["Tensors", "Foundations"]),
    tests(of: "Kernels", ["Kernels", "WideKernels", "Tensors", "Foundations"]),
    tests(of: "Optimizer", ["Optimizer", "Tensors", "Kernels", "Foundations"]),
    tests(of: "Compression", ["Compression", "Tensors", "Foundations"]),
    tests(
      of: "NeighborMAE", ["NeighborMAE", "Examination", "Kernels", "Tensors", "Foundations"],
      resources: [.copy("Golden")]),
    tests(of: "Wire", ["Wire", "Foundations"]),
    tests(of: "Transport", ["Transport", "Foundations", "TestSupport"]),
    tests(of: "Checkpoints", ["Checkpoints", "Tensors", "Foundations", "Simulation"]),
    tests(of: "Imagery", ["Imagery", "Compression", "Tensors", "Foundations"]),
    tests(of: "Configuration", ["Configuration", "NeighborMAE", "Foundations"]),
    tests(of: "Observability", ["Observability", "Foundations", logging]),
    tests(of: "Coordination", ["Coordination", "Wire", "Foundations", "TestSupport"]),
    tests(
      of: "ClusterRuntime",
      [
        "ClusterRuntime", "Coordination", "Wire", "Transport", "Compression", "Imagery", "Kernels",
        "Checkpoints", "Configuration", "NeighborMAE", "Tensors", "Foundations", "Observability",
        "TestSupport",
      ]),
    tests(of: "Simulation", ["Simulation", "Foundations"]),
    tests(of: "Pictures", ["Pictures", "Foundations"]),
    tests(
      of: "Examination",
      [
        "Examination", "Checkpoints", "Imagery", "NeighborMAE", "Foundations", "Observability",
        "TestSupport",
      ]),
    tests(of: "Ingest", ["Imagery", "Foundations", "TestSupport"]),
    tests(of: "Interface", ["Foundations", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)
