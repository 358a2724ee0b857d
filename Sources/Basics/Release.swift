// Which release of Terrane this is. What its arithmetic is, and what travels between processes,
// have versions of their own.

/// This release of Terrane.
public enum Release {
  /// The number of the release. `--version` adds the commit that was built.
  public static let version = "0.1.0"
}
