// Numbers as people read them, at the borders where a unit or a digit changes.

import Basics
import Testing

@Suite("Human formats")
struct HumanFormatTests {
  @Test(
    "Bytes have binary units and two digits",
    arguments: [
      (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1_468_006, "1.4 MiB"),
      (10_188, "9.9 KiB"), (10_189, "10 KiB"), (1_048_063, "1023 KiB"), (1_048_064, "1.0 MiB"),
      (24_696_061_952, "23 GiB"), (Int.max, "8.0 EiB"), (-2048, "-2.0 KiB"),
      (Int.min, "-8.0 EiB"),
    ])
  func bytes(count: Int, text: String) {
    #expect(HumanFormat.bytes(count) == text)
  }

  @Test(
    "Durations have their two leading units",
    arguments: [
      (Duration.zero, "0 µs"), (.microseconds(850), "850 µs"), (.microseconds(12_400), "12 ms"),
      (.nanoseconds(999_600), "1 ms"), (.milliseconds(999), "999 ms"), (.seconds(1), "1.0 s"),
      (.milliseconds(9949), "9.9 s"), (.milliseconds(9950), "10 s"),
      (.milliseconds(59_500), "1 m 00 s"), (.seconds(125), "2 m 05 s"),
      (.seconds(3599), "59 m 59 s"), (.seconds(11_220), "3 h 07 m"),
      (.seconds(439_200), "5 d 02 h"), (.seconds(-125), "-2 m 05 s"),
    ] as [(Duration, String)])
  func durations(duration: Duration, text: String) {
    #expect(HumanFormat.duration(duration) == text)
  }

  @Test("Seconds from outside are a duration, or none that anything takes")
  func seconds() {
    #expect(HumanFormat.duration(seconds: 125) == "2 m 05 s")
    #expect(HumanFormat.duration(seconds: -125) == "-2 m 05 s")
    #expect(HumanFormat.duration(seconds: 9.9e11) == "11458333 d 08 h")
    for seconds in [1e12, -1e300, 1e300, .infinity, .nan] {
      #expect(HumanFormat.duration(seconds: seconds) == "–")
    }
  }

  @Test(
    "Numbers in order are told by their runs, the first ten of them",
    arguments: [
      ([7], "step 7"), ([3, 1, 2], "steps 1 to 3"), ([1, 2], "steps 1 and 2"),
      ([1, 2, 5, 9, 8, 7], "steps 1, 2, 5 and 7 to 9"), ([], "steps none"),
      (Array(stride(from: 1, to: 25, by: 2)), "steps 1, 3, 5, 7, 9, 11, 13, 15, 17, 19 and others"),
    ])
  func numbered(numbers: [Int], text: String) {
    #expect(HumanFormat.numbered("step", numbers) == text)
  }

  @Test(
    "Counts have a comma every three digits",
    arguments: [
      (0, "0"), (999, "999"), (1234, "1,234"), (1_234_567, "1,234,567"), (-123_456, "-123,456"),
      (Int.min, "-9,223,372,036,854,775,808"),
    ])
  func counts(value: Int, text: String) {
    #expect(HumanFormat.count(value) == text)
  }

  @Test(
    "Decimals have exactly their places",
    arguments: [
      (0.0, 2, "0.00"), (0.125, 2, "0.13"), (-0.001, 2, "0.00"), (-1.5, 1, "-1.5"),
      (2.05, 0, "2"), (0.99996, 4, "1.0000"), (.nan, 2, "–"), (.infinity, 2, "–"),
    ] as [(Double, Int, String)])
  func decimals(value: Double, places: Int, text: String) {
    #expect(HumanFormat.decimal(value, places: places) == text)
  }

  @Test("Shares and rates carry their unit")
  func sharesAndRates() {
    #expect(HumanFormat.percent(0.1254) == "12.5 %")
    #expect(HumanFormat.percent(1, places: 0) == "100 %")
    #expect(HumanFormat.shortPercent(0.1) == "10 %")
    #expect(HumanFormat.shortPercent(0.1254) == "12.5 %")
    #expect(HumanFormat.rate(0.417, of: "pairs") == "0.42 pairs/s")
    #expect(HumanFormat.rate(31.44, of: "pairs") == "31.4 pairs/s")
    #expect(HumanFormat.rate(1250.4, of: "pairs") == "1,250 pairs/s")
    #expect(HumanFormat.rate(.nan, of: "pairs") == "– pairs/s")
  }

  @Test(
    "A bar fills in eighths and keeps its width",
    arguments: [
      (0.0, "    "), (0.25, "█   "), (0.3125, "█▎  "), (0.96875, "███▉"), (1.0, "████"),
      (7.0, "████"), (-1.0, "    "), (.nan, "    "),
    ] as [(Double, String)])
  func bars(share: Double, text: String) {
    #expect(HumanFormat.bar(share, width: 4) == text)
  }

  @Test("Long lists are their first names and a number")
  func lists() {
    let names = (1...5000).map { "scene-\($0).tif" }
    #expect(HumanFormat.listed([], "scene", first: 2) == "")
    #expect(HumanFormat.listed(["a", "b"], "scene", first: 2) == "a, b")
    #expect(HumanFormat.listed(["a", "b", "c"], "scene", first: 2) == "a, b and 1 more scene")
    #expect(
      HumanFormat.listed(names, "scene", first: 1) == "scene-1.tif and 4,999 more scenes")
  }
}
