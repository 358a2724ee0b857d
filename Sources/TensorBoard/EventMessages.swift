// The messages of an event file, by the numbers of their fields: TensorFlow's event.proto and
// summary.proto, and tensorboard/plugins/hparams (api.proto, plugin_data.proto).

enum EventMessages {
  /// What every file begins with.
  static func version(at time: Double) -> [UInt8] {
    var event = ProtobufWriter()
    event.write(time, as: 1)
    event.write("brain.Event:2", as: 3)
    return event.bytes
  }

  /// Numbers of one step.
  static func scalars(_ values: [(tag: String, value: Double)], step: Int, time: Double) -> [UInt8]
  {
    event(step: step, time: time) { summary in
      for (tag, value) in values {
        summary.write(as: 1) {
          $0.write(tag, as: 1)
          $0.write(Float(value), as: 2)
        }
      }
    }
  }

  /// A picture.
  /// - Parameter png: the bytes of its file.
  static func image(
    _ tag: String, png: [UInt8], width: Int, height: Int, step: Int, time: Double
  ) -> [UInt8] {
    event(step: step, time: time) { summary in
      summary.write(as: 1) {
        $0.write(tag, as: 1)
        $0.write(as: 4) {
          $0.write(Int64(height), as: 1)
          $0.write(Int64(width), as: 2)
          // RGB.
          $0.write(Int64(3), as: 3)
          $0.write(png, as: 4)
        }
      }
    }
  }

  /// Which values of a configuration there are, and which number counts.
  static func experiment(names: [String], metric: String, time: Double) -> [UInt8] {
    hyperparameters("_hparams_/experiment", time: time) { data in
      data.write(as: 2) { experiment in
        experiment.write(time, as: 3)
        for name in names {
          experiment.write(as: 4) {
            $0.write(name, as: 1)
            // A string.
            $0.write(Int64(1), as: 4)
          }
        }
        experiment.write(as: 5) { $0.write(as: 1) { $0.write(metric, as: 2) } }
      }
    }
  }

  /// The values of this run.
  static func sessionStart(_ values: [(name: String, text: String)], time: Double) -> [UInt8] {
    hyperparameters("_hparams_/session_start_info", time: time) { data in
      data.write(as: 3) { session in
        for (name, text) in values {
          session.write(as: 1) {
            $0.write(name, as: 1)
            // A google.protobuf.Value that is a string.
            $0.write(as: 2) { $0.write(text, as: 3) }
          }
        }
        session.write(time, as: 5)
      }
    }
  }

  /// How it ended, by the numbers of `Status`.
  enum Status: Int64 {
    case unknown = 0
    case success = 1
    case failure = 2
    case running = 3
  }

  static func sessionEnd(_ status: Status, time: Double) -> [UInt8] {
    hyperparameters("_hparams_/session_end_info", time: time) { data in
      data.write(as: 4) {
        $0.write(status.rawValue, as: 1)
        $0.write(time, as: 2)
      }
    }
  }

  private static func event(
    step: Int, time: Double, _ body: (inout ProtobufWriter) -> Void
  ) -> [UInt8] {
    var event = ProtobufWriter()
    event.write(time, as: 1)
    event.write(Int64(step), as: 2)
    event.write(as: 5, body)
    return event.bytes
  }

  private static func hyperparameters(
    _ tag: String, time: Double, _ body: (inout ProtobufWriter) -> Void
  ) -> [UInt8] {
    event(step: 0, time: time) { summary in
      summary.write(as: 1) { value in
        value.write(tag, as: 1)
        // The tensor that stands where a number would: a scalar of type float without a value.
        value.write(as: 8) {
          $0.write(Int64(1), as: 1)
          $0.write(as: 2) { _ in }
        }
        value.write(as: 9) { metadata in
          metadata.write(as: 1) {
            $0.write("hparams", as: 1)
            $0.write(as: 2, body)
          }
        }
      }
    }
  }
}
