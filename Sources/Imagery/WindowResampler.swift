// Windows of a plane that is resized as a whole, however large it is: the same numbers as if all of
// it were resized and the window then cut out. Boxes that are resized by themselves are
// `PlaneResampler`'s.

/// One axis of such a window. The weights are those of `AxisFilter`, for a scale that need not be a
/// quotient of whole numbers.
package struct AxisWindow {
  /// Samples of the output. Those whose middle lies beyond the input have no weight at all.
  package let outputs: Range<Int>
  /// Samples of the input that they see; empty when they see none.
  package let inputs: Range<Int>
  /// (outputs): the first sample that each sees, counted from the first of `inputs`.
  let starts: [Int]
  /// (outputs): how many it sees.
  let counts: [Int]
  /// (outputs, stride)
  let weights: [Float]
  let stride: Int

  /// - Parameters:
  ///   - scale: input samples in an output sample; output 0 begins where input 0 does.
  ///   - inputCount: of the whole axis.
  /// - Precondition: `scale` is positive and finite.
  package init(outputs: Range<Int>, scale: Double, inputCount: Int) {
    precondition(scale > 0 && scale.isFinite && inputCount > 0)
    let support = max(1, scale)
    let stride = Int(support.rounded(.up)) * 2 + 1
    var starts: [Int] = []
    var counts: [Int] = []
    var weights = [Float](repeating: 0, count: outputs.count * stride)
    for (index, output) in outputs.enumerated() {
      let center = scale * (Double(output) + 0.5)
      guard center > 0 && center < Double(inputCount) else {
        starts.append(0)
        counts.append(0)
        continue
      }
      let start = max(Int((center - support + 0.5).rounded(.down)), 0)
      let end = min(Int((center + support + 0.5).rounded(.down)), inputCount, start + stride)
      func weight(_ sample: Int) -> Double {
        max(0, 1 - abs((Double(sample) + 0.5 - center) / support))
      }
      var sum = 0.0
      for sample in start..<end { sum += weight(sample) }
      for sample in start..<end {
        weights[index * stride + sample - start] = Float(weight(sample) / sum)
      }
      starts.append(start)
      counts.append(end - start)
    }
    let seen = starts.indices.filter { counts[$0] > 0 }
    let first = seen.map { starts[$0] }.min() ?? 0
    let end = seen.map { starts[$0] + counts[$0] }.max() ?? 0
    self.outputs = outputs
    inputs = first..<max(first, end)
    self.starts = starts.indices.map { counts[$0] > 0 ? starts[$0] - first : 0 }
    self.counts = counts
    self.weights = weights
    self.stride = stride
  }
}

package enum WindowResampler {
  /// Resizes a plane's window, rows first, then columns.
  /// - Parameters:
  ///   - plane: (rows.inputs, columns.inputs)
  ///   - scratch: room for (rows.outputs, columns.inputs)
  ///   - output: (rows.outputs, columns.outputs), written whole; 0 where nothing is seen.
  package static func resample(
    _ plane: UnsafePointer<Float>, rows: AxisWindow, columns: AxisWindow,
    scratch: UnsafeMutablePointer<Float>, into output: UnsafeMutablePointer<Float>
  ) {
    let width = columns.inputs.count
    for y in 0..<rows.outputs.count {
      let target = scratch + y * width
      target.update(repeating: 0, count: width)
      for tap in 0..<rows.counts[y] {
        let weight = rows.weights[y * rows.stride + tap]
        let source = plane + (rows.starts[y] + tap) * width
        for x in 0..<width { target[x] += weight * source[x] }
      }
    }
    let count = columns.outputs.count
    columns.weights.withUnsafeBufferPointer { weights in
      for x in 0..<count {
        let taps = columns.counts[x]
        let row = weights.baseAddress! + x * columns.stride
        var source = UnsafePointer(scratch) + columns.starts[x]
        var target = output + x
        for _ in 0..<rows.outputs.count {
          var sum: Float = 0
          for tap in 0..<taps { sum += row[tap] * source[tap] }
          target.pointee = sum
          source += width
          target += count
        }
      }
    }
  }
}
