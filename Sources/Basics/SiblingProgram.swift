// A program that lies beside this one and goes on in its place. Not for processes that run at the
// same time.

#if canImport(Glibc)
  import Glibc
#endif

/// Why another program cannot take over.
package struct SiblingError: Error, CustomStringConvertible {
  package let description: String
}

package enum SiblingProgram {
  /// Replaces this process by the program of that name in the folder of this one.
  /// - Parameter arguments: without the program's name.
  /// - Throws: `SiblingError` where there is none, `FileError` where the system does not start it.
  package static func run(_ name: String, _ arguments: [String]) throws -> Never {
    let path = try folder() + "/" + name
    guard Files.exists(path) else {
      throw SiblingError(
        description: "this command is carried out by the program \(name), and there is none at "
          + "\(path.visible). Copy it there from where \(name) was built (.build/release of the "
          + "sources), or build it: swift build -c release --product \(name)")
    }
    var words = ([path] + arguments).map { strdup($0) }
    words.append(nil)
    execv(path, words)
    let code = errno
    for word in words { free(word) }
    throw FileError(operation: "start", path: path, code: code)
  }

  /// Where this program's file lies.
  private static func folder() throws -> String {
    guard let path = realpath("/proc/self/exe", nil) else {
      throw FileError(operation: "find the file of this program by", path: "/proc/self/exe")
    }
    defer { free(path) }
    return Files.parent(of: String(cString: path))
  }
}
