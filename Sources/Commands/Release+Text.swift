// What all programs answer to --version.

import Basics

extension Release {
  /// The version and the commit, such as `0.1.0 (commit 1f3a5c7e9)`; `with changes` follows where
  /// the sources were not those of the commit, and `unknown` stands for it where there was no git
  /// to ask.
  package static let versionAndCommit = "\(version) (commit \(commit))"
}
