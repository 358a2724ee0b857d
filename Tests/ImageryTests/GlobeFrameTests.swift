// The frame in which chips of several coordinate systems are ordered and held out.

import Basics
import Imagery
import Testing

@Suite("Frame of the globe") struct GlobeFrameTests {
  private func corners(_ west: Double, _ south: Double, _ size: Double = 1) -> GeographicCorners {
    func point(_ longitude: Double, _ latitude: Double) -> GeographicPoint {
      let turned = longitude > 180 ? longitude - 360 : longitude
      return GeographicPoint(longitude: turned, latitude: latitude)
    }
    return GeographicCorners(
      upperLeft: point(west, south + size), upperRight: point(west + size, south + size),
      lowerRight: point(west + size, south), lowerLeft: point(west, south))
  }

  @Test("The map is cut where nothing lies, so that chips across 180 degrees are close")
  func seam() {
    let chips = [corners(170, 0), corners(179.5, 0), corners(-175, 0)]
    let frame = GlobeFrame(for: chips)
    #expect(abs(frame.seam) < 5)
    let boxes = chips.map(frame.box)
    #expect(boxes.allSatisfy { $0.isProper && $0.left > 0 && $0.right < 2 * .pi })
    #expect(boxes[0].right < boxes[1].left && boxes[1].right < boxes[2].left)
    #expect(abs(boxes[1].width - .pi / 180) < 1e-12)
  }

  @Test("Areas are those of the unit sphere")
  func areas() {
    let frame = GlobeFrame(for: [])
    #expect(frame.seam == -180)
    // From the equator to 30 degrees the sphere has half of its hemisphere's area.
    let box = frame.box(corners(0, 0, 30))
    #expect(abs(box.height - 0.5) < 1e-12 && abs(box.left - .pi) < 1e-12)
  }

  @Test("A chip around a pole spans the map to its edge")
  func pole() {
    let chip = GeographicCorners(
      upperLeft: .init(longitude: -135, latitude: 89),
      upperRight: .init(longitude: 135, latitude: 89),
      lowerRight: .init(longitude: 45, latitude: 89), lowerLeft: .init(longitude: -45, latitude: 89)
    )
    let box = GlobeFrame(for: [chip]).box(chip)
    #expect(box.left == 0 && box.right == 2 * .pi && box.top == 1 && box.bottom > 0.999)
  }
}
