// The page as it is sent: one document, with everything it needs inside.

import Basics

enum PageText {
  /// Files of the folder Page, which the build puts into the program.
  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  private static let page: [Substring] = {
    let style = text(PackageResources.page_css)
    let script =
      text(PackageResources.series_js) + text(PackageResources.plot_js)
      + text(PackageResources.workers_js) + text(PackageResources.page_js)
    return text(PackageResources.page_html)
      .replacing("/*STYLE*/", with: style).replacing("/*SCRIPT*/", with: script)
      .split(separator: "NONCE", omittingEmptySubsequences: false)
  }()

  private static let login = text(PackageResources.login_html)
    .split(separator: "NONCE", omittingEmptySubsequences: false)

  /// - Parameter nonce: the word that scripts and styles of this answer are told by.
  static func page(nonce: String) -> String { page.joined(separator: nonce) }

  /// Where a person gives the token.
  static func login(nonce: String) -> String { login.joined(separator: nonce) }

  /// Another word for every answer: nobody can guess it.
  static func makeNonce() -> String {
    String(UInt64.random(in: 0 ... .max), radix: 36)
      + String(UInt64.random(in: 0 ... .max), radix: 36)
  }

  /// What a browser may do with an answer: nothing but what came with it.
  static func policy(nonce: String) -> String {
    "default-src 'none'; style-src 'nonce-\(nonce)'; script-src 'nonce-\(nonce)'; img-src 'self' "
      + "data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
  }
}
