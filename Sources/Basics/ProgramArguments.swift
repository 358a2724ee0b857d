// A program's arguments as the system hands them over: bytes, of which not all are text, and text
// of several lines.

/// What this process was started with, and how messages show it.
package enum ProgramArguments {
  /// What is wrong with an argument before anybody reads it; nil when each is text. One that is not
  /// would name another file than was meant.
  package static var objection: String? {
    // Swift reads them from there; without any, help would be the answer to every command.
    if CommandLine.argc == 0 {
      return "this program cannot see its arguments: nothing is mounted at /proc"
    }
    for number in 1..<max(1, Int(CommandLine.argc)) {
      guard let bytes = CommandLine.unsafeArgv[number] else { continue }
      if String(validatingCString: bytes) == nil {
        return "argument \(number) is not UTF-8 text: \(String(cString: bytes)); "
          + "rename that file or folder"
      }
    }
    return nil
  }

  /// A message with the line breaks that came from arguments as `\n`, so that they begin no line of
  /// it.
  package static func showingLineBreaks(in message: String) -> String {
    showingLineBreaks(of: Array(CommandLine.arguments.dropFirst()), in: message)
  }

  /// So, for any arguments; parts of them after an equals sign stand in messages by themselves.
  package static func showingLineBreaks(of arguments: [String], in message: String) -> String {
    let parts = arguments.flatMap { argument in
      [argument]
        + argument.indices.filter { argument[$0] == "=" }
        .map { String(argument[argument.index(after: $0)...]) }
    }
    return parts.filter { $0.unicodeScalars.contains("\n") && $0.contains { !$0.isNewline } }
      .sorted { $0.count > $1.count }
      .reduce(message) { $0.replacing($1, with: $1.visible) }
  }
}
