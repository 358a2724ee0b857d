// Small files in which the kernel tells of a process and its machine.

#if canImport(Glibc)
  import Glibc
#endif

package enum KernelFile {
  private static let limitBytes = 1 << 20

  /// Empty when it cannot be read. These files claim to be empty, so each is read to its end.
  package static func text(_ path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { return "" }
    defer { close(descriptor) }
    var text: [UInt8] = []
    var bytes = [UInt8](repeating: 0, count: 4096)
    while text.count < limitBytes {
      let count = read(descriptor, &bytes, bytes.count)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { break }
      text += bytes[..<count]
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The number that is all of a file; nil for anything else.
  package static func number(_ path: String) -> Int? { Int(text(path).prefix { !$0.isNewline }) }

  /// The number behind a word at the start of a line.
  package static func value(of word: String, in path: String) -> Int? {
    for line in text(path).split(separator: "\n") {
      let words = line.split(whereSeparator: \.isWhitespace)
      if words.count > 1, words[0] == word { return Int(words[1]) }
    }
    return nil
  }
}
