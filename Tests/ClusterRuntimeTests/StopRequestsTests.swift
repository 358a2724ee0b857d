// Which requests to stop are the same wish.

import Basics
import ClusterRuntime
import Testing

@Suite("Requests to stop") struct StopRequestsTests {
  /// Which of some requests, at milliseconds, are new ones.
  private func news(_ requests: (StopRequests.Way, at: Int64)...) -> [Bool] {
    var listener = StopRequests()
    return requests.map { way, milliseconds in
      listener.isNew(way, at: Instant(nanoseconds: milliseconds * 1_000_000))
    }
  }

  @Test("A scheduler's signal and the launcher's word are one request, in either order")
  func twoWays() {
    #expect(news((.signal, at: 0), (.launcher, at: 20_000)) == [true, false])
    #expect(news((.launcher, at: 0), (.signal, at: 20_000)) == [true, false])
  }

  @Test("A second one on the same way is another request")
  func again() {
    #expect(news((.signal, at: 0), (.signal, at: 1000)) == [true, true])
    #expect(news((.launcher, at: 0), (.launcher, at: 0)) == [true, true])
  }

  @Test("A signal to the process and to its group is one request")
  func echo() {
    // Echoes do not last longer by being repeated.
    let times: [(StopRequests.Way, at: Int64)] = [
      (.signal, at: 0), (.signal, at: 1), (.signal, at: 299), (.signal, at: 300),
    ]
    #expect(news(times[0], times[1], times[2], times[3]) == [true, false, false, true])
  }

  @Test("The limit of processor time is one wish, though the system repeats it each second")
  func processorTime() {
    #expect(
      news((.processorTime, at: 0), (.processorTime, at: 1000), (.processorTime, at: 2000))
        == [true, false, false])
    #expect(news((.signal, at: 0), (.processorTime, at: 1000)) == [true, false])
    #expect(news((.processorTime, at: 0), (.signal, at: 1000)) == [true, false])
  }

  @Test("A launcher that asked and then died asked once; its death is a request too")
  func launcherGone() {
    #expect(news((.launcher, at: 0), (.launcherGone, at: 5000)) == [true, false])
    #expect(
      news((.launcherGone, at: 0), (.signal, at: 1000), (.signal, at: 2000)) == [true, false, true])
  }
}
