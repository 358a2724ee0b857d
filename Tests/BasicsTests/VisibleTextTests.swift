// Text that others wrote, made safe to print.

import Basics
import Testing

@Suite("Text of others") struct VisibleTextTests {
  @Test(
    "What cannot be seen is escaped, and what can be stays",
    arguments: [
      ("plain, naïve, 漢字, עברית, 🛰", "plain, naïve, 漢字, עברית, 🛰"),
      ("a\nb\r\tc", "a\\nb\\r\\tc"),
      ("\u{1B}[2J\u{7F}\u{9B}", "\\u{1B}[2J\\u{7F}\\u{9B}"),
      ("gpj.\u{202E}exe", "gpj.\\u{202E}exe"),
      ("\u{2066}a\u{2069}\u{200F}\u{61C}", "\\u{2066}a\\u{2069}\\u{200F}\\u{61C}"),
      ("a\u{2028}b\u{2029}c", "a\\u{2028}b\\u{2029}c"),
      ("a\u{200B}b\u{FEFF}c\u{AD}d", "a\\u{200B}b\\u{FEFF}c\\u{AD}d"),
      ("\u{E0041}", "\\u{E0041}"), ("", ""),
    ])
  func visible(text: String, shown: String) {
    #expect(text.visible == shown)
    #expect(shown.visible == shown)
  }

  @Test("Lines stay lines where there may be several")
  func lines() {
    #expect("a\u{202E}\n\nb\r\n".visibleLines == "a\\u{202E}\n\nb\\r\n")
  }
}
