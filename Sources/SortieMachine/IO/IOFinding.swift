/// What the I/O of a guest came to, held against its plan.
public struct IOFinding: Sendable, Equatable {
  /// The first thing that is not as the plan predicts, as a phrase; nil where all is.
  public var problem: String?
  /// The checksum over all data that the guest has read, as it says.
  public var readChecksum: UInt64
  /// The checksum over what the device holds, or was sent, at the end.
  public var imageChecksum: UInt64

  /// What the trace says of it: checksums as hexadecimal numbers.
  public var attributes: [String: String] {
    [
      "io_read_checksum": Self.hexadecimal(readChecksum),
      "io_image_checksum": Self.hexadecimal(imageChecksum),
    ]
  }

  private static func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
}
