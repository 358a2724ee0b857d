// How an image is cut into patches: derived by hand for images of 6 × 6 pixels in patches of 2 × 2.

import Testing
import VisionTransformer

@Suite("Patches of an image") struct PatchGridTests {
  private let grid = PatchGrid(imageSide: 6, patchSide: 2, channels: 2)

  @Test("Counts follow from the extents")
  func counts() {
    #expect(grid.side == 3 && grid.patchCount == 9)
    #expect(grid.pixelCount == 36 && grid.valueCount == 72 && grid.patchValues == 8)
  }

  @Test("A pixel lies in the patch of its row and column")
  func pixels() {
    // Row 3 of the image is the second row of the grid's second row of patches.
    #expect(grid.patch(ofPixelRow: 3, column: 0) == 3)
    #expect(grid.patch(ofPixelRow: 3, column: 5) == 5)
    #expect(grid.patch(ofPixel: 3 * 6 + 5) == 5)
    #expect(grid.firstPatch(ofPixelRow: 4) == 6 && grid.patchColumn(ofPixelColumn: 4) == 2)
    #expect(grid.firstPixel(of: 5) == 2 * 6 + 4)
    let place = grid.place(of: 5)
    #expect(place.row == 1 && place.column == 2)
    #expect(grid.pixelColumns(ofPatchColumn: 1) == 2..<4)
  }

  @Test("The runs of all patches are every pixel once, each in its patch")
  func runs() {
    var runs: [(patch: Int, row: Int, pixel: Int)] = []
    grid.forEachPatchRow { runs.append(($0, $1, $2)) }
    #expect(runs.count == 18)
    for run in runs {
      #expect(run.pixel == grid.firstPixel(of: run.patch) + run.row * 6)
      #expect(grid.patch(ofPixel: run.pixel) == run.patch)
      #expect(grid.patch(ofPixel: run.pixel + 1) == run.patch)
    }
    #expect(runs.flatMap { [$0.pixel, $0.pixel + 1] }.sorted() == Array(0..<36))
  }

  @Test("The values of a patch are ordered (row, column, channel), and cutting is undone")
  func values() {
    let image = (0..<72).map(Float.init)
    let patches = (0..<9).map { patch in
      image.withUnsafeBufferPointer { pixels in
        [Float](unsafeUninitializedCapacity: 8) { values, count in
          grid.copyPatch(patch, of: pixels.baseAddress!, into: values.baseAddress!)
          count = 8
        }
      }
    }
    #expect(patches[5] == [16, 52, 17, 53, 22, 58, 23, 59])
    #expect(grid.unpatchify { patches[$0][$1] } == image)
  }
}
