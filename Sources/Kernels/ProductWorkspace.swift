// The memory that products of layers work in. It grows to the largest product that it has seen and
// stays: a training step allocates nothing after the first.

import Tensors

/// Scratch memory for one product at a time over the threads of one pool.
///
/// `@unchecked Sendable`: grown by the calling thread while no product runs; panels are written by
/// disjoint parts, and each slot has memory of its own.
package final class ProductWorkspace: @unchecked Sendable {
  private(set) var panels = FloatBuffer(count: 0)
  private var slots: [FloatBuffer] = []

  /// What the products that work here compute with; of those for one arithmetic the choice chooses
  /// no bit.
  package let loops: InnerLoops

  package init(loops: InnerLoops = .ofThisMachine) { self.loops = loops }

  func reserve(panels count: Int, slots slotCount: Int, floatsPerSlot: Int) {
    if panels.count < count { panels = FloatBuffer(count: count) }
    if slots.count < slotCount || slots[0].count < floatsPerSlot {
      let floats = max(floatsPerSlot, slots.first?.count ?? 0)
      slots = (0..<max(slotCount, slots.count)).map { _ in FloatBuffer(count: floats) }
    }
  }

  func slot(_ index: Int) -> UnsafeMutablePointer<Float> { slots[index].pointer }
}
