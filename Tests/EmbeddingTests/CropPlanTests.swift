// Where crops lie on a map: by hand, and by the rule itself for every size.

import Embedding
import Testing

@Suite("Crops of a map") struct CropPlanTests {
  @Test("Crops of twelve patches step by six, keep their middle, and move inwards at the ends")
  func byHand() {
    let crops = CropPlan.crops(length: 25, side: 12, .cut)
    #expect(crops.map(\.start) == [0, 3, 9, 13])
    // The middles are 6, 9, 15 and 19: patch 7 is as near to the first as to the second.
    #expect(crops.map(\.used) == [0..<7, 7..<12, 12..<17, 17..<25])
    #expect(crops.allSatisfy { $0.weights.allSatisfy { $0 == 1 } })
    #expect(CropPlan.crops(length: 5, side: 12, .cut).map(\.used) == [0..<5])
    #expect(CropPlan.crops(length: 5, side: 12, .blend).map(\.start) == [0])
  }

  @Test("Cut, each patch is of one crop, that of the plan in which it is most central")
  func everyCut() {
    for side in 1...16 {
      for length in 1...70 {
        let crops = CropPlan.crops(length: length, side: side, .cut)
        #expect(crops.flatMap { Array($0.used) } == Array(0..<length), "\(side) of \(length)")
        for crop in crops {
          #expect(crop.start >= 0 && crop.start <= max(0, length - side))
          for patch in crop.used {
            #expect(patch >= crop.start && patch < crop.start + side)
            func distance(_ other: AxisCrop) -> Int { abs(2 * (patch - other.start) + 1 - side) }
            let best = crops.map(distance).min() ?? 0
            #expect(distance(crop) == best, "patch \(patch): \(side) of \(length)")
          }
        }
      }
    }
  }

  @Test("The crops of a part of a map are those of the whole that contribute to it")
  func parts() {
    for seams in CropSeams.allCases {
      for side in [1, 2, 3, 4, 7, 12] {
        for length in [1, 5, 12, 25, 61] {
          let all = CropPlan.crops(length: length, side: side, seams)
          for first in 0..<length {
            for last in Set([first + 1, min(first + 9, length), length]) {
              let part = CropPlan.crops(
                for: first..<last, length: length, side: side, seams)
              #expect(
                part == all.filter { $0.used.overlaps(first..<last) },
                "\(seams) \(first)..<\(last) of \(length), \(side)")
            }
          }
        }
      }
    }
  }

  @Test("The blocks of a map cover it, and those of a map of millions are there at once")
  func blocks() {
    let blocks = FeatureBlocks(width: 25, height: 9, blockSide: 8, cropSide: 4, seams: .blend)
    #expect(blocks.count == 8)
    #expect(blocks.map(\.number) == Array(0..<8))
    #expect(blocks.map(\.columns).prefix(4) == [0..<8, 8..<16, 16..<24, 24..<25])
    #expect(blocks[4].rows == 8..<9 && blocks.reduce(0) { $0 + $1.count } == 25 * 9)
    for count in 0...8 {
      let patches = blocks.prefix(count).reduce(0) { $0 + $1.count }
      #expect(blocks.patches(ofFirst: count) == patches, "\(count)")
    }
    let touched = blocks.touching([(24, 8), (0, 0), (7, 7), (25, 0), (0, 9)])
    #expect(touched.map(\.number) == [0, 7])

    let many = FeatureBlocks(
      width: 700_000, height: 700_000, blockSide: 128, cropSide: 12, seams: .cut)
    #expect(many.count == 5469 * 5469)
    #expect(many.touching([(699_999, 0)]).map(\.number) == [5468])
    #expect(many.patches(ofFirst: many.count) == 700_000 * 700_000)
  }

  @Test("Blended, shares are a patch's distances from the borders of the crops that show it")
  func blended() {
    let crops = CropPlan.crops(length: 8, side: 4, .blend)
    #expect(crops.map(\.used) == [0..<4, 1..<5, 3..<7, 4..<8])
    // Of patch 3 the distances are 1, 5/2 … in halves: 1 of the first, 3 of the second, 1 of the
    // third crop.
    #expect(crops[0].weights[3] == 1 / Float(5))
    #expect(crops[1].weights[2] == 3 / Float(5))
    #expect(crops[2].weights[0] == 1 / Float(5))
    for side in 1...16 {
      for length in 1...70 {
        var sums = [Float](repeating: 0, count: length)
        for crop in CropPlan.crops(length: length, side: side, .blend) {
          for (patch, weight) in zip(crop.used, crop.weights) {
            #expect(weight > 0)
            sums[patch] += weight
          }
        }
        #expect(sums.allSatisfy { abs($0 - 1) < 1e-6 }, "\(side) of \(length)")
      }
    }
  }
}
