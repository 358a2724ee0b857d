// Text of others as it may be shown: names, messages of peers, what files say of themselves.

extension Unicode.Scalar {
  /// Whether a terminal or a reader makes something of it that cannot be seen: a control character,
  /// the end of a line, or a character that changes how others are shown, such as one that turns
  /// the direction of writing.
  package var isInvisible: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}

extension String {
  /// The text on one line, with every invisible character as its escape: `\n`, `\u{202E}`. It can
  /// neither begin a line of its own, nor move a terminal's cursor, nor stand in another order than
  /// it is written.
  package var visible: String {
    guard unicodeScalars.contains(where: \.isInvisible) else { return self }
    return unicodeScalars.reduce(into: "") { $0 += $1.isInvisible ? Self.escape($1) : String($1) }
  }

  /// So, with its lines kept apart.
  package var visibleLines: String {
    // Not by characters, of which CR and LF together are one.
    unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
      .map { String($0).visible }.joined(separator: "\n")
  }

  /// The text as a word that a shell reads as an argument, for commands that are to be pasted. A
  /// name that begins with a hyphen is made a path, so that it is not taken for an option.
  /// Invisible characters are written as bash's escapes.
  package var shellWord: String {
    let word = hasPrefix("-") ? "./" + self : self
    if word.unicodeScalars.contains(where: \.isInvisible) { return word.escapedShellWord }
    let isPlain =
      !word.isEmpty
      && word.unicodeScalars.allSatisfy {
        $0.properties.isAlphabetic || "0123456789_-./:@%+=,".unicodeScalars.contains($0)
      }
    return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }

  private var escapedShellWord: String {
    let body = unicodeScalars.reduce(into: "") { text, scalar in
      switch scalar {
      case "'", "\\": text += "\\\(scalar)"
      case "\n", "\r", "\t": text += Self.escape(scalar)
      case _ where scalar.isInvisible:
        for byte in String(scalar).utf8 {
          text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
      default: text.unicodeScalars.append(scalar)
      }
    }
    return "$'" + body + "'"
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": "\\n"
    case "\r": "\\r"
    case "\t": "\\t"
    default: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
    }
  }
}
