// The options that say whether and how a run's page is served.

import ArgumentParser
import Basics
import Serving

struct PageOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Serve a page there that shows how the run goes, for example 127.0.0.1:8080. It can be "
        + "looked at and changes nothing. From elsewhere: ssh -L, or a token.",
      valueName: "host:port"))
  var http: String?

  @Option(
    help: ArgumentHelp(
      "A file, readable by you alone, whose first line is the token that the page then asks for. "
        + "It travels unencrypted: beyond a network that you trust, put a proxy with TLS before it.",
      valueName: "file"))
  var httpTokenFile: String?

  @Flag(help: "Let everybody read /metrics, for a Prometheus without the token.")
  var httpMetrics = false

  func validate() throws {
    if http == nil && (httpTokenFile != nil || httpMetrics) {
      throw ValidationError("say where the page is served, by --http HOST:PORT")
    }
  }

  /// Listens, and says where; nil where no page is wanted.
  func start() throws -> PageServer? { try http.map { try start(at: $0) } }

  func start(at address: String) throws -> PageServer {
    let server = try PageServer(
      PageServer.Settings(
        address: try ListenAddress(address),
        rules: AccessRules(
          token: try httpTokenFile.map { path throws(ServingError) in
            try AccessToken(fileAt: path)
          }, hasOpenMetrics: httpMetrics)))
    StandardStreams.say("the page is at \(server.address)")
    return server
  }
}
