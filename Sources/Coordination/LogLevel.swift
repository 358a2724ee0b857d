// How much a line of the log matters. Not here: where it goes, which the runtime decides.

/// The weight of what a core says.
package enum LogLevel: Equatable, Sendable { case info, notice, warning, error }
