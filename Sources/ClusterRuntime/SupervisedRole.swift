// What a launched process is there for, and what it is called.

enum SupervisedRole: Hashable, Sendable {
  case coordinator
  case worker(Int)

  /// Workers by number, then the coordinator.
  var order: Int {
    switch self {
    case .coordinator: .max
    case .worker(let number): number
    }
  }

  var name: String {
    switch self {
    case .coordinator: "the coordinator"
    case .worker(let number): "worker \(number + 1)"
    }
  }
}
