// The course of numbers in one line of text.

package enum Sparkline {
  private static let levels: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

  /// At most `width` characters; each is the mean of the numbers that it stands for, between the
  /// lowest and the highest of these means.
  /// - Parameter numbers: all of them finite.
  package static func text(of numbers: [Double], width: Int) -> String {
    guard !numbers.isEmpty, width > 0 else { return "" }
    let count = min(width, numbers.count)
    let means = (0..<count).map { place in
      let part = numbers[numbers.count * place / count..<numbers.count * (place + 1) / count]
      // Divided first, so that no sum is beyond all numbers.
      return part.reduce(0) { $0 + $1 / Double(part.count) }
    }
    let (low, high) = (means.min() ?? 0, means.max() ?? 0)
    return String(
      means.map { mean in
        // Of numbers that are all the same, the lowest line.
        let share = high > low ? (mean / 2 - low / 2) / (high / 2 - low / 2) : 0
        return levels[min(levels.count - 1, Int(share * Double(levels.count)))]
      })
  }
}
