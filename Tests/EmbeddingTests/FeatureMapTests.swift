// Maps of features over scenes that are made for it, with functions of images whose values can be
// told from the scene.

import Basics
import Embedding
import Imagery
import Kernels
import Scenes
import Tensors
import TestSupport
import Testing
import VisionTransformer

@Suite("Maps of features") struct FeatureMapTests {
  private let pool = ThreadPool(threadCount: 2)

  init() { RasterLibrary.initialize() }

  /// Each patch's mean of each band: the same whatever the image around it.
  private func means(_ patches: PatchGrid, capacity: Int) -> FeatureSource {
    let room = FloatBuffer(count: capacity * patches.patchCount * patches.channels)
    return FeatureSource(patches: patches, dimensions: patches.channels, capacity: capacity) {
      images, count in
      for row in 0..<count * patches.patchCount {
        let (image, patch) = row.quotientAndRemainder(dividingBy: patches.patchCount)
        for band in 0..<patches.channels {
          let plane = images + image * patches.valueCount + band * patches.pixelCount
          var sum: Float = 0
          for y in 0..<patches.patchSide {
            for x in 0..<patches.patchSide {
              sum += plane[patches.firstPixel(of: patch) + y * patches.imageSide + x]
            }
          }
          room.pointer[row * patches.channels + band] =
            sum / Float(patches.patchSide * patches.patchSide)
        }
      }
      return MatrixView(
        room, rows: count * patches.patchCount, columns: patches.channels)
    }
  }

  private func map(
    _ path: String, bands: Int, patchPixels: Double, capacity: Int = 5, imageSide: Int = 32,
    patchSide: Int = 4
  ) throws -> FeatureMap {
    let found = try SceneInputs.recipes(for: [path])
    return try FeatureMap(
      try SceneReader(found.recipes[0]),
      by: means(
        PatchGrid(imageSide: imageSide, patchSide: patchSide, channels: bands), capacity: capacity),
      normalization: Normalization(
        mean: [Float](repeating: 0, count: bands),
        standardDeviation: [Float](repeating: 1, count: bands)),
      patchPixels: patchPixels, pool: pool)
  }

  /// (rows, columns, D) of a whole map, and which patches are valid.
  private func values(_ map: FeatureMap) throws -> (values: [Float], valid: [UInt8]) {
    let count = map.grid.width * map.grid.height
    var values = [Float](repeating: -1, count: count * map.dimensions)
    var valid = [UInt8](repeating: 9, count: count)
    for block in map.blocks {
      let features = try map.compute(block)
      for row in block.rows {
        for column in block.columns {
          let place =
            (row - block.rows.lowerBound) * block.columns.count + column - block.columns.lowerBound
          let target = row * map.grid.width + column
          #expect(valid[target] == 9, "a patch lies in two blocks")
          valid[target] = features.validity[place]
          for index in 0..<map.dimensions {
            values[target * map.dimensions + index] =
              features.values.pointer[place * map.dimensions + index]
          }
        }
      }
    }
    return (values, valid)
  }

  private static let scene = """
    y, x = np.mgrid[0:403, 0:650]
    pixels = np.stack([(7 * x + 3 * y) % 1000, (x * y) % 777, np.hypot(x, y)]).astype("uint16")
    """

  @Test("A patch of whole pixels has their mean; the map lies where the scene lies")
  func means() throws {
    let folder = try TemporaryFolder()
    _ = try MadeScene.python(in: folder, Self.scene + "\nsave('a.tif', pixels + 1)")
    let map = try map(folder.file("a.tif"), bands: 3, patchPixels: 4)
    #expect(map.grid.width == 163 && map.grid.height == 101)
    #expect(map.grid.transform.numbers == [500000, 40, 0, 5_000_000, 0, -40])
    #expect(map.blocks.count > 1)
    let found = try values(map)
    // Columns beyond the scene are half of the last patch: they are invalid, and 0 in its mean.
    let wanted = try MadeScene.python(
      in: folder,
      Self.scene + """

        pixels = np.pad(pixels.astype("float64") + 1, ((0, 0), (0, 1), (0, 2)))
        pixels = pixels[:, :404, :652]
        means = pixels.reshape(3, 101, 4, 163, 4).mean((2, 4))
        print(*means.transpose(1, 2, 0).ravel())
        """
    ).split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    try #require(wanted.count == found.values.count)
    // Of the last patch of all less than half is in the scene.
    #expect(found.valid.dropLast().allSatisfy { $0 == 1 } && found.valid.last == 0)
    var worst = 0.0
    for (a, b) in Array(zip(found.values, wanted)).dropLast(3) {
      worst = max(worst, abs(Double(a) - b))
    }
    #expect(worst < 1e-3, "values up to 1000, sums of 16 floats")
  }

  @Test("Values have the same bits for any batch, and blocks can be computed in any order")
  func batches() throws {
    let folder = try TemporaryFolder()
    _ = try MadeScene.python(in: folder, Self.scene + "\nsave('a.tif', pixels, nodata=5)")
    let one = try values(
      try map(folder.file("a.tif"), bands: 3, patchPixels: 3.37, capacity: 1))
    let map = try map(folder.file("a.tif"), bands: 3, patchPixels: 3.37, capacity: 64)
    let many = try values(map)
    #expect(one.values == many.values && one.valid == many.valid)
    let last = try #require(map.blocks.last)
    let again = try map.compute(last)
    let row = last.rows.lowerBound * map.grid.width + last.columns.lowerBound
    #expect(again.values.pointer[1] == many.values[row * 3 + 1])
    #expect(
      map.blocks.touching([(column: map.grid.width - 1, row: map.grid.height - 1)])
        .map(\.number) == [last.number])
    #expect(map.blocks.touching([(column: map.grid.width, row: 0)]).isEmpty)
  }

  @Test("Patches that are asked for have the values that they have in the whole")
  func someOnly() throws {
    let folder = try TemporaryFolder()
    _ = try MadeScene.python(in: folder, Self.scene + "\nsave('a.tif', pixels, nodata=5)")
    let map = try map(folder.file("a.tif"), bands: 3, patchPixels: 3.37)
    let all = try values(map)
    let wanted: Set = [7, 300, 301, map.grid.width * 40 + 60]
    for block in map.blocks {
      let found = try map.compute(block) { wanted.contains($0 * map.grid.width + $1) }
      for row in block.rows {
        for column in block.columns where wanted.contains(row * map.grid.width + column) {
          let (place, whole) = (
            block.index(row: row, column: column), row * map.grid.width + column
          )
          #expect(found.validity[place] == all.valid[whole])
          for index in 0..<3 {
            #expect(found.values.pointer[place * 3 + index] == all.values[whole * 3 + index])
          }
        }
      }
    }
  }

  @Test("A patch that is less than half valid is nodata, and invalid pixels are 0 in others")
  func validity() throws {
    let folder = try TemporaryFolder()
    _ = try MadeScene.python(
      in: folder,
      """
      pixels = np.full((1, 64, 64), 100, "uint16")
      pixels[0, :4, :2] = 0        # the left half of the first patch
      pixels[0, 4:8, :3] = 0       # three quarters of the one below
      pixels[0, 32:, 32:] = 0      # a quarter of the scene
      save("a.tif", pixels, nodata=0)
      """)
    let map = try map(folder.file("a.tif"), bands: 1, patchPixels: 4)
    let found = try values(map)
    #expect(found.valid[0] == 1 && abs(found.values[0] - 50) < 1e-4)
    #expect(found.valid[16] == 0 && found.values[16] == 0)
    for row in 0..<16 {
      for column in 0..<16 where row > 1 || column > 0 {
        let place = row * 16 + column
        let isHidden = row >= 8 && column >= 8
        #expect(found.valid[place] == (isHidden ? 0 : 1))
        #expect(abs(found.values[place] - (isHidden ? 0 : 100)) < 1e-4)
      }
    }
  }

  @Test("A scene smaller than an image, and one of nodata alone")
  func small() throws {
    let folder = try TemporaryFolder()
    _ = try MadeScene.python(
      in: folder,
      """
      save("a.tif", np.full((1, 9, 10), 7, "float32"))
      save("b.tif", np.full((1, 90, 100), 7, "float32"), nodata=7)
      """)
    let small = try map(folder.file("a.tif"), bands: 1, patchPixels: 4)
    #expect(small.grid.width == 3 && small.grid.height == 2)
    // Half of the last column is beyond the scene.
    let found = try values(small)
    #expect(found.valid == [1, 1, 1, 1, 1, 1])
    #expect(found.values == [7, 7, 3.5, 7, 7, 3.5])
    let nothing = try values(try map(folder.file("b.tif"), bands: 1, patchPixels: 4))
    #expect(nothing.valid.allSatisfy { $0 == 0 } && nothing.values.allSatisfy { $0 == 0 })
  }

  @Test("A patch has its metres on the ground, whatever the map calls a metre")
  func ground() throws {
    let folder = try TemporaryFolder()
    // Pixels of 20 units. At 60 degrees a unit of Web Mercator is cos 60° (1 − e²) /
    // (1 − e² sin² 60°)^1.5 m along the meridian; a degree at 50 is 111,229 m.
    _ = try MadeScene.python(
      in: folder,
      """
      pixels = np.full((1, 90, 90), 7, "float32")
      save("utm.tif", pixels, place=(500000, 20, 0, 6650000, 0, -20))
      save("web.tif", pixels, place=(1000000, 20, 0, 8400637, 0, -20), epsg=3857)
      save("degrees.tif", pixels, place=(9, 2e-4, 0, 50.009, 0, -2e-4), epsg=4326)
      """)
    for (name, metres) in [("utm", 20.0), ("web", 10.00833), ("degrees", 22.24587)] {
      let found = try SceneInputs.recipes(for: [folder.file(name + ".tif")])
      let reader = try SceneReader(found.recipes[0])
      let pixels = try PatchSize.pixels(ground: 160, in: reader)
      #expect(abs(pixels * metres / 160 - 1) < 1e-4, "\(name): \(pixels)")
      if name == "utm" { #expect(pixels == 8) }
    }
  }

  @Test("Sizes that do not go together are refused")
  func sizes() throws {
    let folder = try TemporaryFolder()
    _ = try MadeScene.python(in: folder, "save('a.tif', np.full((1, 9, 10), 7, 'float32'))")
    let found = try SceneInputs.recipes(for: [folder.file("a.tif")])
    let reader = try SceneReader(found.recipes[0])
    #expect(try PatchSize.pixels(ground: 40, in: reader) == 4)
    for ground in [0.01, 1e6, .infinity] {
      #expect(throws: EmbeddingError.self) { try PatchSize.pixels(ground: ground, in: reader) }
    }
    #expect(throws: EmbeddingError.self) {
      _ = try map(folder.file("a.tif"), bands: 1, patchPixels: 4000)
    }
  }
}
