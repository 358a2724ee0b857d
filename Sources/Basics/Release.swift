// Which release of Terrane this is. What its arithmetic is, and what travels between processes,
// have versions of their own.

public enum Release {
  /// What `--version` prints.
  public static let version = "0.1.0"
}
