// Which of its neighbours a chip makes a pair with. The weights are those of `NeighbourChoice`.

import Basics
import Imagery

/// How the second image of a pair is drawn.
package struct NeighbourDraw: Hashable, Sendable {
  /// How likely each neighbour is.
  package let choice: NeighbourChoice
  /// Which dates the two may have.
  package let dates: NeighbourDates
  /// The most days between both; nil for any number.
  package let maxDays: Int?

  package init(_ choice: NeighbourChoice, dates: NeighbourDates = .any, maxDays: Int? = nil) {
    self.choice = choice
    self.dates = dates
    self.maxDays = maxDays
  }

  /// Draws among the neighbours whose dates fit, and the chip itself where its own date does: a
  /// chip is of its own day, so that it is no neighbour of another date.
  /// - Parameter anchor: an own chip of the shard.
  /// - Returns: nil for the chip itself, which is its own neighbour where no other fits.
  /// - Precondition: the shard has this chip.
  package func link(
    of anchor: Int, in directory: ShardDirectory, using random: inout CounterRandom
  ) -> NeighbourLink? {
    func day(_ chip: Int) -> Int? {
      directory.scenes[directory.chips[chip].scene].acquired?.day
    }
    let own = day(anchor)
    let fitting = directory.neighbours(of: anchor).filter {
      dates.allows(day: own, other: day($0.chip), within: maxDays)
    }
    let chosen = choice.draw(
      among: fitting.map { Double($0.intersectionOverUnion) },
      orItself: dates.allows(day: own, other: own, within: maxDays), using: &random)
    return chosen.map { fitting[fitting.startIndex + $0] }
  }
}
