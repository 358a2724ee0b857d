// What names and files say may not reach a terminal as it is.

import Foundation
import Foundations
import TestSupport
import Testing

@Suite("Text of others on a terminal") struct InvisibleTextTests {
  @Test("An error shows what is invisible in the name it speaks of")
  func error() throws {
    let outcome = try terrane("inspect", "no\u{202E}\u{1B}[2Jfile")
    #expect(outcome.status == 1)
    #expect(outcome.errors == "Error: there is nothing at no\\u{202E}\\u{1B}[2Jfile\n")
  }
}
