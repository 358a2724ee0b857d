// What is said of many scenes at once.

import Scenes
import Testing

@Suite("Remarks") struct RemarksTests {
  @Test("What holds for many scenes is said of the first, whatever the shares; the next are named")
  func alike() {
    var remarks = Remarks()
    for number in 1...9 {
      remarks.add(
        "t\(number).tif loses \(number) of 16 windows: \(number * 6) % dark",
        scene: "t\(number).tif")
      if number < 3 { remarks.add("t\(number).tif is turned", scene: "t\(number).tif") }
    }
    remarks.add("t9.tif is \(9) m high", scene: "t9.tif")
    #expect(
      remarks.texts == [
        "t1.tif loses 1 of 16 windows: 6 % dark (likewise t2.tif, t3.tif, t4.tif and 5 more scenes)",
        "t1.tif is turned (likewise t2.tif)", "t9.tif is 9 m high",
      ])
  }
}
