// Which chips of which shard make a microbatch, and the mask ratios of a step.

import Basics
import Coordination
import Testing

@Suite("Microbatch plan") struct MicrobatchPlanTests {
  @Test("A lost shard's microbatches are drawn from the others, the rest stay as planned")
  func lostShard() {
    let plan = MicrobatchPlan(
      seed: 3, chipsPerShard: [8, 40, 8], pairsPerMicrobatch: 4, microbatchesPerStep: 7)
    var drawn: [ShardID: Int] = [:]
    for step in (0..<200).map(Step.init(index:)) {
      let planned = plan.shards(of: step)
      let actual = plan.shards(of: step, without: [ShardID(1)])
      for (m, shard) in actual.enumerated() {
        #expect(shard != ShardID(1))
        if planned[m] != ShardID(1) {
          #expect(shard == planned[m])
        } else {
          drawn[shard, default: 0] += 1
        }
        let microbatch = plan.microbatch(m, of: step, from: shard)
        #expect(microbatch.shard == shard)
        #expect(microbatch.anchors.allSatisfy { chip in (0..<8).contains(chip) })
        #expect(Set(microbatch.anchors).count == 4)
      }
    }
    // 1000 of 1400 microbatches are the lost shard's; the others are equal and take half each.
    #expect(drawn.values.reduce(0, +) == 1000)
    #expect(drawn.values.allSatisfy { (400...600).contains($0) }, "\(drawn)")
    #expect(plan.isPossible(without: [ShardID(0), ShardID(1)]))
    #expect(!plan.isPossible(without: [ShardID(0), ShardID(1), ShardID(2)]))
  }

  let plan = MicrobatchPlan(
    seed: 5, chipsPerShard: [20, 7, 0, 16], pairsPerMicrobatch: 8, microbatchesPerStep: 3)

  @Test("An epoch has the microbatches of all shards, the last of each filled up")
  func epochSize() {
    // ⌈20/8⌉ + ⌈7/8⌉ + 0 + ⌈16/8⌉
    #expect(plan.microbatchesPerEpoch == 3 + 1 + 0 + 2)
  }

  @Test("Every chip is an anchor once an epoch, but for those that fill up the last microbatch")
  func everyChipOnce() {
    var visits = plan.chipsPerShard.map { Array(repeating: 0, count: $0) }
    for step in 0..<2 {
      for m in 0..<3 {
        let microbatch = plan.microbatch(m, of: Step(UInt32(step)))
        #expect(microbatch.anchors.count == 8)
        for anchor in microbatch.anchors { visits[microbatch.shard.index][anchor] += 1 }
      }
    }
    #expect(visits[3].allSatisfy { $0 == 1 })
    #expect(visits[0].allSatisfy { $0 == 1 || $0 == 2 } && visits[0].reduce(0, +) == 24)
    #expect(visits[1].allSatisfy { $0 == 1 || $0 == 2 } && visits[1].reduce(0, +) == 8)
  }

  @Test("Shards that are not numbered from 0 on have the same chips in the same order")
  func laterShards() {
    let later = MicrobatchPlan(
      seed: 5, firstShard: ShardID(7), chipsPerShard: plan.chipsPerShard, pairsPerMicrobatch: 8,
      microbatchesPerStep: 3)
    for step in (0..<4).map(Step.init(index:)) {
      let shards = plan.shards(of: step)
      #expect(later.shards(of: step) == shards.map { ShardID(index: $0.index + 7) })
      for m in 0..<3 {
        let found = later.microbatch(m, of: step, from: later.shards(of: step)[m])
        #expect(found.anchors == plan.microbatch(m, of: step, from: shards[m]).anchors)
      }
    }
    #expect(later.shards == 7..<11)
    #expect((6..<12).filter { later.hasChips(ShardID(index: $0)) } == [7, 8, 10])
  }

  @Test("Asking again, in any order, gives the same microbatches")
  func isAFunction() {
    let forwards = (0..<9).map { plan.microbatch($0 % 3, of: Step(UInt32($0 / 3))) }
    let backwards = (0..<9).reversed().map { plan.microbatch($0 % 3, of: Step(UInt32($0 / 3))) }
    #expect(forwards == backwards.reversed())
    #expect(plan.shards(of: Step(1)) == (3..<6).map { forwards[$0].shard })
  }

  @Test("Another epoch and another seed draw other orders")
  func shuffles() {
    let other = MicrobatchPlan(
      seed: 6, chipsPerShard: [20, 7, 0, 16], pairsPerMicrobatch: 8, microbatchesPerStep: 3)
    #expect(plan.microbatch(0, of: Step(0)) != plan.microbatch(0, of: Step(2)))
    #expect(plan.microbatch(0, of: Step(0)) != other.microbatch(0, of: Step(0)))
  }
}

@Suite("Mask-ratio schedule") struct MaskRatioScheduleTests {
  @Test("The paper's schedule is constant")
  func constant() {
    let schedule = MaskRatioSchedule.constant(.paper)
    #expect(schedule.bounds(at: Step(0)) == schedule.bounds(at: Step(100_000)))
  }

  @Test("A ramp moves both bounds linearly and stays at its end")
  func ramp() {
    let schedule = MaskRatioSchedule.ramp(
      start: MaskRatioBounds(minimum: 0.5, maximum: 0.5),
      end: MaskRatioBounds(minimum: 0.75, maximum: 1), steps: 100)
    #expect(schedule.bounds(at: Step(0)) == MaskRatioBounds(minimum: 0.5, maximum: 0.5))
    #expect(schedule.bounds(at: Step(50)) == MaskRatioBounds(minimum: 0.625, maximum: 0.75))
    #expect(schedule.bounds(at: Step(100)) == MaskRatioBounds(minimum: 0.75, maximum: 1))
    #expect(schedule.bounds(at: Step(5000)) == MaskRatioBounds(minimum: 0.75, maximum: 1))
    #expect(schedule.evaluationBounds == MaskRatioBounds(minimum: 0.75, maximum: 1))
  }
}
