// Attention and its gradients against their definition, over ragged sequences and some of the
// queries.

import Basics
import Foundation
import Kernels
import Tensors
import TestSupport
import Testing

@Suite("Attention")
struct AttentionTests {
  static let width = 24
  static let heads = 3
  /// Ragged: one token, a part of a tile, several tiles and a rest.
  static let starts = [0, 1, 38, 38 + 150]
  static var rows: Int { starts.last! }

  struct Result {
    let output = FloatBuffer(count: rows * width)
    let statistics = FloatBuffer(count: heads * rows * Attention.statisticsPerRow)
    let gradient = FloatBuffer(count: rows * 3 * width)
  }

  /// Forward of all tokens, then backward of the selected queries; their gradients are in the
  /// first rows, and what is not written is no number.
  static func run(
    _ projections: MatrixView, _ outer: MatrixView, _ pool: ThreadPool,
    selected: [Int] = Array(0..<rows), attention: Attention? = nil
  ) -> Result {
    let attention = attention ?? makeAttention(pool)
    let result = Result()
    let output = MatrixView(result.output, rows: rows, columns: width)
    attention.forward(
      projections: projections, starts: starts, output: output,
      statistics: result.statistics.pointer, pool: pool)
    let (queryBuffer, queries) = gathered(selected, of: projections)
    let (outputBuffer, selectedOutput) = gathered(selected, of: output)
    let (outerBuffer, selectedOuter) = gathered(selected, of: outer)
    let (statistics, _) = gathered(
      (0..<heads).flatMap { head in selected.map { head * rows + $0 } },
      of: MatrixView(
        result.statistics, rows: heads * rows, columns: Attention.statisticsPerRow))
    result.gradient.fill(.nan)
    let gradient = MatrixView(result.gradient, rows: rows, columns: 3 * width)
    attention.backward(
      Attention.SelectedQueries(
        rows: queries.slice(rows: 0..<selected.count, columns: 0..<width),
        starts: starts.map { start in selected.prefix(while: { $0 < start }).count },
        output: selectedOutput, statistics: statistics.pointer, outputGradient: selectedOuter,
        gradient: gradient.slice(rows: 0..<selected.count, columns: 0..<width)),
      projections: projections, starts: starts, gradient: gradient, pool: pool)
    withExtendedLifetime((queryBuffer, outputBuffer, outerBuffer, statistics)) {}
    return result
  }

  static func makeAttention(_ pool: ThreadPool) -> Attention {
    Attention(width: width, heads: heads, longestSequence: 150, slots: pool.threadCount)
  }

  /// Copies of some rows, one after another.
  static func gathered(_ rows: [Int], of matrix: MatrixView) -> (FloatBuffer, MatrixView) {
    let buffer = FloatBuffer(count: rows.count * matrix.columns)
    let copies = MatrixView(buffer, rows: rows.count, columns: matrix.columns)
    for (target, source) in rows.enumerated() {
      copies.row(target).update(from: matrix.row(source), count: matrix.columns)
    }
    return (buffer, copies)
  }

  /// softmax(Q Kᵀ/√d) V and its gradients, head by head and row by row, in double precision.
  static func definition(
    _ projections: MatrixView, _ outer: MatrixView
  ) -> (output: [Double], gradient: [Double]) {
    let depth = width / heads
    var output = [Double](repeating: 0, count: rows * width)
    var gradient = [Double](repeating: 0, count: rows * 3 * width)
    for sequence in 0..<starts.count - 1 {
      let tokens = starts[sequence]..<starts[sequence + 1]
      for head in 0..<heads {
        func place(_ row: Int, _ part: Int, _ k: Int) -> Int {
          row * 3 * width + part * width + head * depth + k
        }
        func value(_ row: Int, _ part: Int, _ k: Int) -> Double {
          Double(projections.pointer[place(row, part, k)])
        }
        for i in tokens {
          let scores = tokens.map { j in
            (0..<depth).reduce(0.0) { $0 + value(i, 0, $1) * value(j, 1, $1) }
              / Double(depth).squareRoot()
          }
          let top = scores.max()!
          let exponentials = scores.map { exp($0 - top) }
          let sum = exponentials.reduce(0, +)
          let weights = exponentials.map { $0 / sum }
          let outerRow = (0..<depth).map { Double(outer.row(i)[head * depth + $0]) }
          let weightGradients = tokens.map { j in
            (0..<depth).reduce(0.0) { $0 + outerRow[$1] * value(j, 2, $1) }
          }
          let mean = zip(weights, weightGradients).map(*).reduce(0, +)
          for (index, j) in tokens.enumerated() {
            let scoreGradient =
              weights[index] * (weightGradients[index] - mean) / Double(depth).squareRoot()
            for k in 0..<depth {
              output[i * width + head * depth + k] += weights[index] * value(j, 2, k)
              gradient[place(i, 0, k)] += scoreGradient * value(j, 1, k)
              gradient[place(j, 1, k)] += scoreGradient * value(i, 0, k)
              gradient[place(j, 2, k)] += weights[index] * outerRow[k]
            }
          }
        }
      }
    }
    return (output, gradient)
  }

  @Test("Ragged sequences agree with the definition, forward and backward")
  func agreesWithDefinition() {
    let (projectionsBuffer, projections) = normalMatrix(Self.rows, 3 * Self.width, seed: 31)
    let (outerBuffer, outer) = normalMatrix(Self.rows, Self.width, seed: 32)
    let pool = ThreadPool(threadCount: 2)
    defer { pool.stop() }
    let result = Self.run(projections, outer, pool)
    let exact = Self.definition(projections, outer)
    expectClose(result.output.values, exact.output, bound: 1e-6, "output")
    expectClose(result.gradient.values, exact.gradient, bound: 4e-6, "gradient")
    withExtendedLifetime((projectionsBuffer, outerBuffer)) {}
  }

  @Test("Any number of threads gives the same bits")
  func equalBits() {
    let (projectionsBuffer, projections) = normalMatrix(Self.rows, 3 * Self.width, seed: 33)
    let (outerBuffer, outer) = normalMatrix(Self.rows, Self.width, seed: 34)
    expectEqualBits { pool in
      let result = Self.run(projections, outer, pool)
      return [result.output, result.gradient]
    }
    withExtendedLifetime((projectionsBuffer, outerBuffer)) {}
  }

  @Test("Queries without a gradient may be left out")
  func someQueries() {
    // None of the first sequence, 18 of the second, of the third 100: two tiles and a rest.
    let selected = Array(stride(from: 2, to: 38, by: 2)) + (38..<188).filter { $0 % 3 != 1 }
    #expect(selected.count == 18 + 100)
    let (projectionsBuffer, projections) = normalMatrix(Self.rows, 3 * Self.width, seed: 37)
    let (outerBuffer, outer) = normalMatrix(Self.rows, Self.width, seed: 38)
    let all = Array(0..<Self.rows)
    let (zeroedBuffer, zeroed) = Self.gathered(all, of: outer)
    for row in 0..<Self.rows where !selected.contains(row) {
      zeroed.row(row).update(repeating: 0, count: Self.width)
    }
    let exact = Self.definition(projections, zeroed).gradient
    let (queryColumns, otherColumns) = (0..<Self.width, Self.width..<3 * Self.width)
    expectEqualBits { pool in
      let attention = Self.makeAttention(pool)
      // All are selected first: scratch memory then holds what must not show.
      _ = Self.run(projections, outer, pool, attention: attention)
      let result = Self.run(projections, outer, pool, selected: selected, attention: attention)
      let gradient = result.gradient.values
      expectClose(
        Self.part(gradient, all, otherColumns), Self.part(exact, all, otherColumns), bound: 4e-6,
        "keys and values")
      expectClose(
        Self.part(gradient, Array(selected.indices), queryColumns),
        Self.part(exact, selected, queryColumns), bound: 4e-6, "queries")
      let beyond = Self.part(gradient, Array(selected.count..<Self.rows), queryColumns)
      #expect(beyond.allSatisfy { $0.isNaN }, "rows of nobody are written")
      return [result.gradient]
    }
    withExtendedLifetime((projectionsBuffer, outerBuffer, zeroedBuffer)) {}
  }

  /// Some rows and columns of (rows, 3·D).
  static func part<Values: RandomAccessCollection>(
    _ values: Values, _ rows: [Int], _ columns: Range<Int>
  ) -> [Values.Element] where Values.Index == Int {
    rows.flatMap { row in columns.map { values[row * 3 * width + $0] } }
  }

  @Test("Scores beyond the range of eˣ still make weights that sum to one")
  func largeScores() {
    let (buffer, projections) = normalMatrix(Self.rows, 3 * Self.width, seed: 35)
    for row in 0..<Self.rows {
      for column in 0..<2 * Self.width { projections.row(row)[column] *= 100 }
      for column in 2 * Self.width..<3 * Self.width { projections.row(row)[column] = 1 }
    }
    let (outerBuffer, outer) = normalMatrix(Self.rows, Self.width, seed: 36)
    let pool = ThreadPool(threadCount: 1)
    let result = Self.run(projections, outer, pool)
    expectClose(
      result.output.values, [Double](repeating: 1, count: result.output.count), bound: 1e-6)
    withExtendedLifetime((buffer, outerBuffer)) {}
  }

  @Test(
    "Narrow and wide registers give the same bits",
    arguments: [(5, [1, 25]), (8, [100]), (24, [49, 3]), (64, [73])])
  func equalBitsOfRegisters(headWidth: Int, lengths: [Int]) {
    guard let wide = InnerLoops.wide else { return }
    let width = 2 * headWidth
    let starts = lengths.reduce(into: [0]) { $0.append($0.last! + $1) }
    let rows = starts.last!
    let (projectionsBuffer, projections) = normalMatrix(rows, 3 * width, seed: 31)
    let (outerBuffer, outer) = normalMatrix(rows, width, seed: 32)
    let pool = ThreadPool(threadCount: 1)
    func results(_ loops: InnerLoops) -> [[UInt32]] {
      let attention = Attention(
        width: width, heads: 2, longestSequence: lengths.max()!, slots: 1, loops: loops)
      let (output, gradient) = (
        FloatBuffer(count: rows * width), FloatBuffer(count: 3 * rows * width)
      )
      let statistics = FloatBuffer(count: 2 * rows * Attention.statisticsPerRow)
      let outputView = MatrixView(output, rows: rows, columns: width)
      attention.forward(
        projections: projections, starts: starts, output: outputView,
        statistics: statistics.pointer, pool: pool)
      let gradientView = MatrixView(gradient, rows: rows, columns: 3 * width)
      attention.backward(
        Attention.SelectedQueries(
          rows: projections.slice(rows: 0..<rows, columns: 0..<width), starts: starts,
          output: outputView, statistics: statistics.pointer, outputGradient: outer,
          gradient: gradientView.slice(rows: 0..<rows, columns: 0..<width)),
        projections: projections, starts: starts, gradient: gradientView, pool: pool)
      return [bits(output), bits(statistics), bits(gradient)]
    }
    #expect(results(wide) == results(.narrow))
    withExtendedLifetime((projectionsBuffer, outerBuffer)) {}
  }
}
