// Which known word a misspelt one is taken for.

import Basics
import Testing

@Suite("Did you mean") struct SuggestionTests {
  @Test(
    "The nearest word, unless too much of it would change",
    arguments: [
      ("trian", "train"), ("spet", "step"), ("stpe", "step"), ("flor", "floor"),
      ("exchagne", "exchange"), ("nope", nil), ("", nil),
    ] as [(String, String?)])
  func nearest(word: String, meant: String?) {
    let known = ["train", "step", "data", "floor", "exchange"]
    #expect(Suggestion.nearest(to: word, among: known) == meant)
  }
}
