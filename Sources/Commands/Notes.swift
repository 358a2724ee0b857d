// What a command says besides its answer.

import Basics

#if canImport(Glibc)
  import Glibc
#endif

package enum Notes {
  /// A line for each sentence, on standard error.
  package static func say(_ sentences: [String]) {
    for sentence in sentences {
      StandardStreams.write("Note: \(sentence.visible)\n", to: STDERR_FILENO)
    }
  }
}
