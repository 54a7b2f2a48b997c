/// Why a sub-buffer cannot be read further.
public struct RingBufferError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Where, bytes from the start of the sub-buffer.
  public let offset: Int
  /// What is wrong there.
  public let what: What

  /// What is wrong with a sub-buffer.
  public enum What: Equatable, Sendable {
    /// It has fewer bytes than its layout says.
    case shortPage(bytes: Int)
    /// It claims to hold more bytes of events than fit.
    case commit(bytes: UInt32)
    /// An event of so many bytes reaches beyond the end.
    case length(bytes: UInt64)
  }

  /// One sentence for people.
  public var description: String {
    switch what {
    case .shortPage(let bytes): "a sub-buffer of \(bytes) bytes is too short"
    case .commit(let bytes): "a sub-buffer claims \(bytes) bytes of events (offset \(offset))"
    case .length(let bytes): "an event of \(bytes) bytes reaches beyond its sub-buffer (offset \(offset))"
    }
  }
}
