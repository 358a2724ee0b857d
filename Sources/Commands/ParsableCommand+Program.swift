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
    let arguments = Array(CommandLine.arguments.dropFirst())
    if let objection = objection(toHelpOn: arguments) {
      say("Error: \(objection)")
      end(ExitStatus.usage.rawValue)
    }
    // Whose usage belongs to an error.
    var used: any ParsableCommand.Type = self
    do {
      var command = try parseAsRoot()
      used = type(of: command)
      try command.run()
      if ResourceLimit.addressSpace.value != nil { end(ExitStatus.done.rawValue) }
    } catch let error as any ErrorWithExitStatus {
      say("Error: \(error)")
      end(error.exitStatus.rawValue)
    } catch {
      let status = exitCode(for: error)
      // Help is an answer.
      if status.isSuccess { exit(withError: error) }
      let words = words(of: error, thrownBy: used)
      say(words + (suggestion(for: arguments).map { "\nDid you mean '\($0)'?" } ?? ""))
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

  /// The error and how the command is used that it is about. Help as a whole would scroll the error
  /// away.
  private static func words(
    of error: any Error, thrownBy command: any ParsableCommand.Type
  ) -> String {
    if let error = error as? ValidationError {
      return "Error: \(error.message)\n" + usage(of: command)
    }
    let words = fullMessage(for: error)
    guard let help = words.firstRange(of: "\n\nOVERVIEW: ") else { return words }
    return String(words[..<help.lowerBound]) + "\n" + usage(of: self)
  }

  /// As the parser has it below the errors that it finds itself.
  private static func usage(of command: any ParsableCommand.Type) -> String {
    let lines = usageString(for: command).split(separator: "\n", omittingEmptySubsequences: false)
    let indented = lines.joined(separator: "\n       ")
    let names = path(to: command, from: self) ?? _commandName
    return "Usage: \(indented)\n  See '\(names) --help' for more information."
  }

  /// "terrane bench step".
  private static func path(
    to command: any ParsableCommand.Type, from root: any ParsableCommand.Type
  ) -> String? {
    if command == root { return root._commandName }
    for next in root.configuration.subcommands {
      if let rest = path(to: command, from: next) { return "\(root._commandName) \(rest)" }
    }
    return nil
  }

  /// The first word that is no subcommand where one belongs, and those that are.
  private static func unknownWord(
    in arguments: [String]
  ) -> (word: String, known: [String])? {
    var command: any ParsableCommand.Type = self
    for word in arguments {
      let known = command.configuration.subcommands
      guard !known.isEmpty, !word.hasPrefix("-") else { return nil }
      guard let next = known.first(where: { $0._commandName == word }) else {
        return (word, known.map { $0._commandName })
      }
      command = next
    }
    return nil
  }

  /// The subcommand that a misspelt one is nearest to; of options the parser itself says it.
  private static func suggestion(for arguments: [String]) -> String? {
    unknownWord(in: arguments).flatMap { Suggestion.nearest(to: $0.word, among: $0.known) }
  }

  /// What is wrong with `help WORD`, to which the parser's answer is help on all.
  private static func objection(toHelpOn arguments: [String]) -> String? {
    guard arguments.first == "help" else { return nil }
    let rest = Array(arguments.dropFirst())
    guard let unknown = unknownWord(in: rest), unknown.word != "help" else { return nil }
    let meant = suggestion(for: rest).map { "; did you mean '\($0)'?" } ?? ""
    return "there is no command '\(unknown.word)'\(meant)"
  }

  private static func say(_ text: String) {
    if text.isEmpty { return }
    let text = ProgramArguments.showingLineBreaks(in: text)
    StandardStreams.write(text.visibleLines + "\n", to: STDERR_FILENO)
  }
}
