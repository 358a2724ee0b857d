// Whether the scenes' values can stand beside each other as they are stored. Pure.

import Basics
import Scenes

/// What is done with scale and offset.
package struct BandScaling: Equatable {
  /// Values are stored after scale and offset, as 32-bit floats.
  package var isPhysical = false
  package var notes: [String] = []

  /// Equal declarations are kept beside the stored values; different ones are applied.
  /// - Parameter scenes: names, and the bands in the order of the channels.
  /// - Throws: `IngestError.undeclaredScale` where some scenes declare what others do not say.
  package static func decide(_ scenes: [(name: String, bands: [BandSource])]) throws -> BandScaling
  {
    var result = BandScaling()
    guard let bandCount = scenes.first?.bands.count else { return result }
    for band in 0..<bandCount {
      func scale(_ place: Int) -> Double { scenes[place].bands[band].scale ?? 1 }
      func offset(_ place: Int) -> Double { scenes[place].bands[band].offset ?? 0 }
      let declared = scenes.indices.filter {
        scenes[$0].bands[band].scale != nil || scenes[$0].bands[band].offset != nil
      }
      guard let first = declared.first else { continue }
      let name = scenes[first].bands[band].name
      if declared.count < scenes.count,
        let silent = scenes.indices.first(where: {
          scenes[$0].bands[band].scale == nil && scenes[$0].bands[band].offset == nil
        }), let telling = declared.first(where: { scale($0) != 1 || offset($0) != 0 })
      {
        throw IngestError.undeclaredScale(
          band: name, declared: scenes[telling].name, scale: scale(telling),
          offset: offset(telling), undeclared: scenes[silent].name)
      }
      if let other = declared.first(where: {
        scale($0) != scale(first) || offset($0) != offset(first)
      }) {
        if !result.isPhysical {
          result.notes.append(
            "\(name) has scale \(scale(first)) and offset \(offset(first)) in "
              + "\(scenes[first].name), \(scale(other)) and \(offset(other)) in "
              + "\(scenes[other].name): chips hold the values after scale and offset, as 32-bit "
              + "floats")
        }
        result.isPhysical = true
      }
    }
    return result
  }
}
