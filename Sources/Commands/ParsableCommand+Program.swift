// How all programs begin and end. Not for what their commands do.

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
    if let objection = ProgramArguments.objection {
      say("Error: \(objection)")
      end(ExitStatus.usage.rawValue)
    }
    do {
      var command = try parseAsRoot()
      try command.run()
      if ResourceLimit.addressSpace.value != nil { end(ExitStatus.done.rawValue) }
    } catch let error as any ErrorWithExitStatus {
      say("Error: \(error)")
      end(error.exitStatus.rawValue)
    } catch {
      let status = exitCode(for: error)
      // Help is an answer.
      if status.isSuccess { exit(withError: error) }
      say(fullMessage(for: error) + suggestion(for: Array(CommandLine.arguments.dropFirst())))
      end(status.rawValue)
    }
  }

  /// Ends the process. Where address space is limited the ends of libraries are left out: OpenBLAS,
  /// which GDAL may bring, waits in its own for threads that try to get memory without an end.
  private static func end(_ status: Int32) -> Never {
    if ResourceLimit.addressSpace.value == nil { exit(withError: ExitCode(status)) }
    fflush(nil)
    _exit(status)
  }

  /// A line for a subcommand that is misspelt; of options the parser itself says it.
  private static func suggestion(for arguments: [String]) -> String {
    var command: any ParsableCommand.Type = self
    for word in arguments {
      let known = command.configuration.subcommands
      guard !known.isEmpty, !word.hasPrefix("-") else { return "" }
      if let next = known.first(where: { $0._commandName == word }) {
        command = next
      } else {
        let meant = Suggestion.nearest(to: word, among: known.map { $0._commandName })
        return meant.map { "\nDid you mean '\($0)'?" } ?? ""
      }
    }
    return ""
  }

  private static func say(_ text: String) {
    if text.isEmpty { return }
    let text = ProgramArguments.showingLineBreaks(in: text)
    StandardStreams.write(text.visibleLines + "\n", to: STDERR_FILENO)
  }
}
