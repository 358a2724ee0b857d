// Pixels of a scene in windows, as chips need them: all bands on one grid, with one validity. Opens
// what a recipe names. How rasters come to one grid is in OpenScene.swift.

import Basics
import CGDAL
import Imagery
import Maps

/// An open scene. One thread at a time; any number of readers of one recipe may be open.
package final class SceneReader {
  package let recipe: SceneRecipe
  package let options: ReadingOptions
  /// Of the rasters.
  private let paths: [String]
  private(set) var scene: OpenScene
  private var validityMap: ValidityMap
  /// What GDAL warned of while pixels were read.
  private var warnings: [String] = []
  /// For bands and masks that are not what chips hold. Kept between windows.
  private var scratch = ScratchBuffer<UInt8>(count: 0)
  private static let warningLimit = 4

  /// - Throws: `SceneError` for what GDAL cannot open and what chips cannot be cut from.
  package init(_ recipe: SceneRecipe, options: ReadingOptions = ReadingOptions()) throws {
    self.recipe = recipe
    self.options = options
    paths = recipe.paths
    let scene = try RemoteRetry.run(over: paths) { try OpenScene(recipe, options) }
    self.scene = scene
    validityMap = ValidityMap(bandCount: scene.channels.count, rule: options.nodataRule)
  }

  package var grid: RasterGrid { scene.grid }
  package var reference: SpatialReference { scene.reference }
  /// Of all bands.
  package var pixelType: PixelType { scene.pixelType }
  /// The bands with what their rasters say of them. For physical values, scale and offset are 1 and
  /// 0.
  package var bands: [BandSource] { scene.channels.map(\.source) }
  package var bandCount: Int { scene.channels.count }
  /// Bands that are flagged as alpha and used as masks.
  package var alpha: [BandSource] { scene.alpha }

  /// What the user should know of how the scene is read, in sentences that name it; those of GDAL's
  /// warnings come while it is read.
  package var remarks: [String] { scene.remarks + warnings }

  /// What was invalid in all windows that were read.
  package var tally: ReadingTally { validityMap.tally }

  /// Forgets what was said of the windows that were read so far.
  package func beginAnew() {
    forgetTally()
    warnings = []
  }

  /// Begins to count anew.
  func forgetTally() { validityMap.tally = ReadingTally(bandCount: bandCount) }

  /// Goes on from an earlier tally, to which what was counted since adds so many times.
  func countTally(_ before: ReadingTally, _ times: Int) {
    let counted = validityMap.tally
    validityMap.tally = before
    validityMap.tally.add(counted, times: times)
  }

  /// What is worth saying of the windows that were read, in sentences that name the scene.
  package var findings: [String] {
    tally.findings(
      of: recipe.name.visible, bands: bands.map(\.name), alpha: alpha.map(\.name))
  }

  /// Bytes of decoded blocks that GDAL should hold while rows are read from the top downwards; nil
  /// where that cannot be told.
  package var blockRowsBytes: Int? {
    scene.layers.reduce(0) { sum, layer in
      guard let sum, let bytes = layer.raster.blockRowsBytes else { return nil }
      return sum + bytes
    }
  }

  /// Bytes of the files that the scene consists of, on a disk or on a network.
  package var fileBytes: Int { scene.fileBytes }

  /// Reads a window.
  /// - Parameters:
  ///   - pixels: (bands, height, width) of the window, in `pixelType`, written whole.
  ///   - bandBytes: from a band of them to the next one; nil where they follow each other.
  ///   - validity: (height, width) of the window, written whole: 1 where a pixel is valid, else 0.
  /// - Throws: `SceneError`.
  package func read(
    _ window: PixelWindow, pixels: UnsafeMutableRawBufferPointer, bandBytes: Int? = nil,
    validity: UnsafeMutableBufferPointer<UInt8>
  ) throws {
    let oneBand = window.count * pixelType.byteCount
    let bandBytes = bandBytes ?? oneBand
    precondition(bandBytes >= oneBand && pixels.count == (bandCount - 1) * bandBytes + oneBand)
    precondition(validity.count == window.count)
    let before = validityMap.tally
    var isFirst = true
    try RemoteRetry.run(over: paths) {
      // What GDAL holds open has failed; it is opened anew.
      if !isFirst {
        validityMap.tally = before
        scene = try OpenScene(recipe, options)
      }
      isFirst = false
      let messages = RasterMessages()
      try read(window, pixels, bandBytes, validity, messages)
      note(messages.warnings)
    }
  }

  private func read(
    _ window: PixelWindow, _ pixels: UnsafeMutableRawBufferPointer, _ bandBytes: Int,
    _ validity: UnsafeMutableBufferPointer<UInt8>, _ messages: RasterMessages
  ) throws {
    validityMap.begin(validity)
    for layer in scene.layers {
      let place = Raster.UprightWindow(
        window: window, grid: scene.grid, orientation: layer.orientation)
      for run in layer.runs {
        try read(run, of: layer, place, pixels, bandBytes, validity, messages)
      }
    }
    validityMap.applyRule(to: validity)
    try readMasks(window, validity, messages)
    validityMap.finish(validity)
  }

  /// Reads some channels and notes where they hold no data.
  private func read(
    _ run: SceneLayer.Run, of layer: SceneLayer, _ place: Raster.UprightWindow,
    _ pixels: UnsafeMutableRawBufferPointer, _ bandBytes: Int,
    _ validity: UnsafeMutableBufferPointer<UInt8>, _ messages: RasterMessages
  ) throws {
    let count = place.window.count
    let oneBand = count * pixelType.byteCount
    let first = run.first * bandBytes
    let target = UnsafeMutableRawBufferPointer(
      rebasing: pixels[first..<first + (run.bands.count - 1) * bandBytes + oneBand])
    if run.isDirect {
      try layer.raster.read(
        run.bands, place, as: run.type.gdalType, into: target, bandBytes: bandBytes,
        messages: messages)
      note(run, count: count, UnsafeRawBufferPointer(target), bandBytes, validity)
      return
    }
    let rawBytes = count * run.type.byteCount
    reserveScratch(rawBytes * run.bands.count)
    let raw = UnsafeMutableRawBufferPointer(
      rebasing: scratch.bytes[..<(rawBytes * run.bands.count)])
    try layer.raster.read(
      run.bands, place, as: run.type.gdalType, into: raw, bandBytes: rawBytes,
      messages: messages)
    note(run, count: count, UnsafeRawBufferPointer(raw), rawBytes, validity)
    for index in run.bands.indices {
      let channel = scene.channels[run.first + index]
      let odd = channel.conversion.convert(
        UnsafeRawBufferPointer(rebasing: raw[index * rawBytes..<(index + 1) * rawBytes]),
        into: UnsafeMutableRawBufferPointer(
          rebasing: target[index * bandBytes..<index * bandBytes + oneBand]))
      if let odd {
        let path = channel.raster.path
        throw channel.conversion.scaling == nil
          ? SceneError.inexact(
            scene: path, band: channel.number, value: odd, type: "\(run.type)")
          : SceneError.tooLarge(scene: path, band: channel.number, value: odd)
      }
    }
  }

  private func note(
    _ run: SceneLayer.Run, count: Int, _ raw: UnsafeRawBufferPointer, _ bandBytes: Int,
    _ validity: UnsafeMutableBufferPointer<UInt8>
  ) {
    let bytes = count * run.type.byteCount
    for index in run.bands.indices {
      let channel = scene.channels[run.first + index]
      validityMap.note(
        band: channel.index,
        UnsafeRawBufferPointer(rebasing: raw[index * bandBytes..<index * bandBytes + bytes]),
        as: run.type, nodata: channel.nodata, in: validity)
    }
  }

  private func readMasks(
    _ window: PixelWindow, _ validity: UnsafeMutableBufferPointer<UInt8>,
    _ messages: RasterMessages
  ) throws {
    if scene.quality.isEmpty && scene.layers.allSatisfy(\.masks.isEmpty) { return }
    // A mask of bytes, and in front of it the values of a quality layer or of a wide alpha band.
    let valueBytes = window.count * MemoryLayout<Int32>.size
    reserveScratch(valueBytes + window.count)
    let values = UnsafeMutableRawBufferPointer(rebasing: scratch.bytes[..<valueBytes])
    let mask = UnsafeMutableBufferPointer(
      rebasing: scratch.elements[valueBytes..<(valueBytes + window.count)])
    for layer in scene.layers + scene.quality.map(\.layer) {
      let place = Raster.UprightWindow(
        window: window, grid: scene.grid, orientation: layer.orientation)
      for (band, kind) in layer.masks {
        if kind == .alpha && GDALGetRasterDataType(band) != GDT_Byte {
          try layer.raster.read(
            [Int(GDALGetBandNumber(band))], place, as: GDT_Int32, into: values,
            bandBytes: valueBytes, messages: messages)
          validityMap.apply(
            alpha: UnsafeBufferPointer(values.assumingMemoryBound(to: Int32.self)), to: validity)
          continue
        }
        try layer.raster.read(mask: band, place, into: mask, messages: messages)
        validityMap.apply(UnsafeBufferPointer(mask), kind, to: validity)
      }
    }
    for quality in scene.quality {
      let place = Raster.UprightWindow(
        window: window, grid: scene.grid, orientation: quality.layer.orientation)
      try quality.layer.raster.read(
        [quality.band], place, as: GDT_Int32, into: values, bandBytes: valueBytes,
        messages: messages)
      quality.mask(
        UnsafeBufferPointer(values.assumingMemoryBound(to: Int32.self)), into: mask)
      validityMap.apply(UnsafeBufferPointer(mask), .mask, to: validity)
    }
  }

  private func reserveScratch(_ bytes: Int) {
    if scratch.count < bytes { scratch = ScratchBuffer(count: bytes) }
  }

  private func note(_ texts: [String]) {
    for text in texts {
      let words = recipe.withoutFolders(text)
      let remark = "GDAL warned while it read \(recipe.name.visible): \(words.visible)"
      if warnings.count < Self.warningLimit && !warnings.contains(remark) {
        warnings.append(remark)
      }
    }
  }
}
