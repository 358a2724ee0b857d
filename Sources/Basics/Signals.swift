// What whoever started this process made of its signals.

#if canImport(Glibc)
  import Glibc
#endif

package enum Signals {
  /// Lets a signal pass without an effect, so that what it tells of becomes an error where it
  /// happens.
  package static func ignore(_ number: Int32) { signal(number, SIG_IGN) }

  /// Whether a signal is ignored now; at the start, because whoever started the program wanted it
  /// so, as nohup does.
  package static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    sigaction(number, nil, &action)
    // A handler is an address or one of two small numbers; functions of C cannot be compared in
    // Swift.
    let handler = unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
    return handler == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
