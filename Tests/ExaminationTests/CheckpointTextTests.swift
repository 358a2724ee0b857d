// What a checkpoint says of itself to a person.

import Basics
import Checkpoints
import Examination
import Tensors
import Testing

@Suite("Describing a checkpoint") struct CheckpointTextTests {
  @Test("Step, sizes, parameters and digests, a line each")
  func exactText() {
    let sizes = [21_549_999, 999_949, 43_100_000_000, 999]
    let entries = zip(CheckpointFile.allCases, sizes).map { file, byteCount in
      CheckpointManifest.Entry(
        file: file, byteCount: byteCount, digest: Digest(high: 0, low: UInt64(byteCount)))
    }
    let manifest = CheckpointManifest(
      step: Step(40),
      layout: ParameterLayout([("a", [2, 512, 1001], .matrix), ("b", [1], .matrix)]),
      replicaDigest: Digest(high: 1, low: 0xABC), files: entries)
    #expect(
      manifest.describe() == """
        checkpoint of step 40 (format 1), 40 GiB
          1,025,025 parameters in 2 tensors
          parameters.safetensors   21 MiB  0000000000000000000000000148d3af
          replica.safetensors     977 KiB  000000000000000000000000000f420d
          optimizer.safetensors    40 GiB  00000000000000000000000a08f5cf00
          state.json                999 B  000000000000000000000000000003e7
          replica digest 00000000000000010000000000000abc
        """)
  }
}
