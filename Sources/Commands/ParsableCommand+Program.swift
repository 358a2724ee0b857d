// How both programs begin and end. Not for what their commands do.

import ArgumentParser
import Basics

#if canImport(Glibc)
  import Glibc
#endif

extension ParsableCommand {
  /// Parses the arguments, runs the command they name, and returns when that went well; ends the
  /// process with an error's words and status when it did not. Words may be others', such as names
  /// of files and what a file says of itself: what is invisible in them is escaped.
  package static func runProgram() {
    StandardStreams.ensureOpen()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error as any ErrorWithExitStatus {
      say("Error: \(error)")
      exit(withError: ExitCode(error.exitStatus.rawValue))
    } catch {
      let status = exitCode(for: error)
      // Help is an answer.
      if status.isSuccess { exit(withError: error) }
      say(fullMessage(for: error))
      exit(withError: status)
    }
  }

  private static func say(_ text: String) {
    if text.isEmpty { return }
    StandardStreams.write(text.visibleLines + "\n", to: STDERR_FILENO)
  }
}
