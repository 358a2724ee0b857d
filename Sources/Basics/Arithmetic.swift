// Which releases compute the same numbers. Not the version of a release, of the messages or of a
// file's format, and nothing about the machine: the bits of one version are the same on every
// x86-64-v3 machine.

/// How this release computes.
public enum Arithmetic {
  /// Releases with equal versions compute equal bits. Raise it with every change to a kernel, the
  /// model, the codecs or the optimizer that changes a bit of any result.
  public static let version: UInt32 = 3
}
