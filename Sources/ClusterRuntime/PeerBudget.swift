// What the other side of a connection may cost before it is cut, a token bucket: honest processes
// never come near its end.

import Basics

/// What a peer does that costs this process more than it is worth, and is charged for.
package enum PeerCharge {
  /// A message that cannot be read.
  case unreadable
  /// It is answered, and told in log and metrics.
  case greeting
  /// A greeting that was passed over, as its source has sent too many. Who waits before the next
  /// one can pay some; of a flood, what follows costs next to nothing once its connection is cut.
  case passedOver
  /// A message of one who is not welcomed; it is answered.
  case unbidden
  /// Lines in the log that a message gave rise to.
  case lines(Int)

  fileprivate var points: Double {
    switch self {
    case .unreadable: 256
    case .greeting: 64
    case .passedOver: 1024
    case .unbidden: 4
    case .lines(let count): 4 * Double(count)
    }
  }
}

/// Points that are spent and come back with time.
package struct PeerBudget {
  private let capacity: Double
  private let pointsPerSecond: Double
  private var points: Double
  private var lastSpent: Instant

  package init(capacity: Double, pointsPerSecond: Double, at now: Instant) {
    self.capacity = capacity
    self.pointsPerSecond = pointsPerSecond
    points = capacity
    lastSpent = now
  }

  /// The budget of one connection: 16 messages that cannot be read, or 64 greetings, or 1024
  /// unbidden messages or lines in the log at once; 16 lines per second in the long run.
  package static func ofConnection(at now: Instant) -> PeerBudget {
    PeerBudget(capacity: 4096, pointsPerSecond: 64, at: now)
  }

  /// A budget of so many greetings at once, and so many per second in the long run.
  package static func ofGreetings(
    _ count: Int, perSecond: Double, at now: Instant
  ) -> PeerBudget {
    PeerBudget(
      capacity: Double(count) * PeerCharge.greeting.points,
      pointsPerSecond: perSecond * PeerCharge.greeting.points, at: now)
  }

  /// What is left.
  package func points(at now: Instant) -> Double {
    min(capacity, points + max(0, (now - lastSpent).seconds) * pointsPerSecond)
  }

  /// - Returns: whether there was enough left. If not, nothing is spent.
  package mutating func charge(_ act: PeerCharge, at now: Instant) -> Bool {
    points = points(at: now)
    lastSpent = now
    if act.points > points { return false }
    points -= act.points
    return true
  }
}
