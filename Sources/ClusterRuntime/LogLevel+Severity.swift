// The cores' levels in the words of the log.

import Coordination
import Logging

extension LogLevel {
  var severity: Logger.Level {
    switch self {
    case .info: .info
    case .notice: .notice
    case .warning: .warning
    case .error: .error
    }
  }
}
