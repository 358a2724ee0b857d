// The bits that this version of the arithmetic computes, as literals. Tests elsewhere hold a run
// against another run of the same program; these hold it against every program of the same version.

import Basics
import Compression
import Foundation
import MAE
import NeighborMAE
import SatMAEpp
import TestSupport
import Testing

@Suite("Pinned digests") struct PinnedDigestsTests {
  /// The version that all digests below are of.
  private static let version = 3

  /// Four steps of `PinnedSteps` of NeighborMAE.
  private static let steps: [CodecKind: [String]] = [
    .float32: [
      "6cfc3fb1c43a3d27d283bc231d8600ca", "299e775379c3e67857dc69ef48eed00e",
      "16dc51fc115018a70605700abf9a243c", "a9b069b6b7bbe13db8cab2d85799d61a",
    ],
    .bfloat16: [
      "8e3022b293616e3dbb15cbbae1bd8173", "a65f39b3051a00ed7ef75dc981bf4e7c",
      "ce78541972c9454b819fc0c64f5f1e2f", "eb81524a32d3da4655fe067abfe5a739",
    ],
    .float16: [
      "659ef2a419ed74ea985ce89e56862b5a", "d03344683224431506ba7cb73e2b096d",
      "8671c616e530bcebbb3ba76abe9525df", "04afab9822671421d0fe4e0fa814fe56",
    ],
    .int8: [
      "74249905319ef0eba347b8271d469336", "ab66e48a03f0871f8c591895398aa69f",
      "356ee3164ae910634bf24319d84d3e3c", "61ba9e7760fdadf94016653caa9b2ac9",
    ],
    .int4: [
      "03b5cf3ca8107a3d18cb18fd55780ca8", "7abb51d9dd35fba75118a2fb1b85f23d",
      "1603a01f965cbc61b69e323f76908fde", "663dca54c70bd6e3689eb68fbcdf0cda",
    ],
  ]
  /// The same with bfloat16 products and the codec bfloat16.
  private static let stepsOfBFloat16 = [
    "ba8cf1095269544e9fa41f31cae610e0", "cb3e544961476839e3fe5060c86bc789",
    "b82838aab5bfe889b4dd84de24e45f8d", "67d916aa99c7fe048c41a09e8be77fbf",
  ]
  /// Four steps of `PinnedSteps` of MAE, with bfloat16.
  private static let stepsOfMAE = [
    "406d03e08aa2d95e92ad2f3a118c4e43", "9641cfda974b7627a0666de179297acc",
    "67446a82c8b2044778d9687ec1d0587a", "d6050f54e5f416f09dbf09f503554b3c",
  ]
  /// The same of SatMAE++.
  private static let stepsOfSatMAEpp = [
    "3e383581e2a5ea4b711b19d7628276c6", "0584fd7353d31bd2038045ba88fc124a",
    "3df20f8980f85d58f20934bdc6bf08b9", "0c4c39d9ab042adca471c12819a39f75",
  ]
  /// The last step of `TinyRun` and its digest.
  private static let run = "40 b19047da6913d9f468e4809bbcd7b152"
  /// Of ten steps with each other objective.
  private static let digestsOfRuns = [
    "mae": "10 2e83d95d004fc15e7f3418993166dc25",
    "satmae++": "10 6ff4d496f1a7908250e101ad8aff5f72",
  ]

  private static let advice: Comment =
    """
    bits have changed. If that is not meant, find the change that did it. If it is, raise \
    `Arithmetic.version` in Sources/Basics/Arithmetic.swift, so that releases that differ do not \
    share a run; then say so in CHANGELOG.md and write the new digests into README.md and \
    scripts/guard (which prints the one of its run) and into \
    Tests/ArithmeticTests/PinnedDigestsTests.swift
    """

  @Test("The digests are those of the arithmetic's version")
  func version() {
    #expect(
      Arithmetic.version == Self.version,
      "the version was raised: write it and the digests of the new bits into this file")
  }

  @Test(
    "A step's gradients, master, moments and replica have the pinned bits",
    arguments: CodecKind.allCases, [1, 3])
  func steps(codec: CodecKind, threads: Int) throws {
    let pool = ThreadPool(threadCount: threads)
    defer { pool.stop() }
    let steps = PinnedSteps<NeighborMAENetwork>(codec: codec, pool: pool)
    let digests = try (0..<4).map { _ in try steps.step().description }
    #expect(digests == Self.steps[codec], Self.advice)
  }

  @Test(
    "A step with bfloat16 products has the pinned bits, whatever computes them",
    arguments: ProductPath.allCases, [1, 3])
  func stepsOfBFloat16(path: ProductPath, threads: Int) throws {
    let pool = ThreadPool(threadCount: threads)
    defer { pool.stop() }
    let steps = PinnedSteps<NeighborMAENetwork>(
      codec: .bfloat16, arithmetic: .bfloat16, path: path, pool: pool)
    let digests = try (0..<4).map { _ in try steps.step().description }
    #expect(digests == Self.stepsOfBFloat16, Self.advice)
  }

  @Test("A step of MAE has the pinned bits", arguments: [1, 3])
  func stepsOfMAE(threads: Int) throws {
    let pool = ThreadPool(threadCount: threads)
    defer { pool.stop() }
    let steps = PinnedSteps<MAENetwork>(codec: .bfloat16, pool: pool)
    let digests = try (0..<4).map { _ in try steps.step().description }
    #expect(digests == Self.stepsOfMAE, Self.advice)
  }

  @Test("A step of SatMAE++ has the pinned bits", arguments: [1, 3])
  func stepsOfSatMAEpp(threads: Int) throws {
    let pool = ThreadPool(threadCount: threads)
    defer { pool.stop() }
    let steps = PinnedSteps<SatMAEppNetwork>(codec: .bfloat16, pool: pool)
    let digests = try (0..<4).map { _ in try steps.step().description }
    #expect(digests == Self.stepsOfSatMAEpp, Self.advice)
  }

  @Test("A run of coordinator and worker ends with the pinned bits")
  func wholeRun() throws {
    let last = try ReferenceRun.digests().last
    #expect(last == Self.run, Self.advice)
  }

  @Test("So does one of every other objective", arguments: digestsOfRuns)
  func otherRuns(objective: String, digest: String) throws {
    let run = try TinyRun("model.objective=\(objective)", "training.steps=10")
    #expect(try run.startTraining().waitForEnd() == 0, "\(run.log)")
    let last = try run.metrics().digests.last
    #expect(last == digest, Self.advice)
  }

  @Test("README.md and scripts/guard name the same digest, and README.md this version")
  func papers() throws {
    let guardText = try String(contentsOfFile: Repository.root + "/scripts/guard", encoding: .utf8)
    let readme = try String(contentsOfFile: Repository.root + "/README.md", encoding: .utf8)
      .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let line = try #require(guardText.split(separator: "\n").first { $0.hasPrefix("digest=") })
    #expect(readme.contains("the digest `\(line.dropFirst("digest=".count))`"))
    #expect(readme.contains("with version \(Arithmetic.version) of the arithmetic"))
  }
}
