/// A sub-buffer of the kernel's ring buffer, as `trace_pipe_raw` gives it, read event by event.
///
/// Sources: include/linux/ring_buffer.h (`enum ring_buffer_type`), kernel/trace/ring_buffer.c (`ring_buffer_read_page`,
/// `rb_update_read_stamp`, `rb_fix_abs_ts`, `check_buffer`), Documentation/trace/ring-buffer-design.rst.
///
/// Each event has a header word, `type_len` in its low 5 bits and the time since the event before in the other 27, and
/// is a multiple of 4 bytes long. Nothing is copied or allocated; every length is checked against the bytes there are.
public struct RingBufferPage {
  /// Events that were overwritten before those of this sub-buffer.
  public enum Loss: Equatable, Sendable {
    /// None.
    case none
    /// So many.
    case events(UInt64)
    /// Some: the sub-buffer had no room left for their count.
    case unknown
  }

  /// An event: its time and the bytes of its record.
  public struct Event {
    /// The trace clock, cycles.
    public let tsc: UInt64
    /// The record, which begins with the event's number.
    public let record: UnsafeRawBufferPointer
  }

  /// What was lost before the first event.
  public let loss: Loss
  /// Stamp of the sub-buffer, and, while it is read, of the last event.
  public private(set) var tsc: UInt64

  private let bytes: UnsafeRawPointer
  private var position: Int
  private let end: Int

  /// Events were overwritten before (`RB_MISSED_EVENTS`).
  private static let missedEvents: UInt32 = 1 << 31
  /// Their number stands behind the events (`RB_MISSED_STORED`).
  private static let missedStored: UInt32 = 1 << 30
  /// Bits an absolute stamp has room for (`TS_MSB` is the rest).
  private static let stampBits: UInt64 = 59

  /// A sub-buffer in `page`, which outlives it.
  ///
  /// - Throws: ``RingBufferError`` where the header does not fit the bytes.
  public init(_ page: UnsafeRawBufferPointer, layout: RingBufferLayout) throws(RingBufferError) {
    guard let bytes = page.baseAddress, page.count >= layout.pageSize else {
      throw RingBufferError(offset: 0, what: .shortPage(bytes: page.count))
    }
    self.bytes = bytes
    tsc = bytes.loadUnaligned(fromByteOffset: layout.timestampOffset, as: UInt64.self)
    // The flags are added to a signed long: what stands above bit 31 is their sign.
    let commit = bytes.loadUnaligned(fromByteOffset: layout.commitOffset, as: UInt32.self)
    let length = commit & ~(Self.missedEvents | Self.missedStored)
    guard length <= UInt32(layout.dataSize) else {
      throw RingBufferError(offset: layout.commitOffset, what: .commit(bytes: length))
    }
    position = layout.dataOffset
    end = position + Int(length)
    if commit & Self.missedEvents == 0 {
      loss = .none
    } else if commit & Self.missedStored != 0, end + 8 <= layout.pageSize {
      loss = .events(bytes.loadUnaligned(fromByteOffset: end, as: UInt64.self))
    } else {
      loss = .unknown
    }
  }

  /// The next event; nil at the end.
  ///
  /// - Throws: ``RingBufferError`` where an event does not fit the bytes: nothing behind it can be read.
  @inline(__always)
  public mutating func next() throws(RingBufferError) -> Event? {
    while position < end {
      guard position + 4 <= end else { throw failure(4) }
      let header = bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)
      let delta = UInt64(header >> 5)
      switch header & 31 {
      case 1...28:
        let length = Int(header & 31) * 4
        guard length <= end - position - 4 else { throw failure(UInt64(length) + 4) }
        return event(at: position + 4, length, delta)
      case 0:
        // The length in the next word counts that word too.
        let length = try word()
        guard length >= 4, length & 3 == 0, Int(length) <= end - position - 4 else {
          throw failure(UInt64(length) + 4)
        }
        return event(at: position + 8, Int(length) - 4, delta)
      case 29:
        // Without a time it fills the rest of the sub-buffer; with one it is an event that was discarded, and 1 stands
        // for no time.
        guard delta != 0 else {
          position = end
          return nil
        }
        let length = try word()
        guard length & 3 == 0, Int(length) <= end - position - 4 else { throw failure(UInt64(length) + 4) }
        position += 4 + Int(length)
        if delta != 1 { tsc &+= delta }
      case 30:
        tsc &+= UInt64(try word()) << 27 | delta
        position += 8
      default:
        tsc = Self.restored(UInt64(try word()) << 27 | delta, after: tsc)
        position += 8
      }
    }
    return nil
  }

  @inline(__always)
  private mutating func event(at start: Int, _ length: Int, _ delta: UInt64) -> Event {
    tsc &+= delta
    position = start + length
    return Event(tsc: tsc, record: UnsafeRawBufferPointer(start: bytes + start, count: length))
  }

  /// The word behind an event's header.
  @inline(__always)
  private func word() throws(RingBufferError) -> UInt32 {
    guard position + 8 <= end else { throw failure(8) }
    return bytes.loadUnaligned(fromByteOffset: position + 4, as: UInt32.self)
  }

  /// An absolute stamp with the top bits it had no room for: those of the stamp before, or one more where the low bits
  /// have come round since.
  private static func restored(_ stamp: UInt64, after last: UInt64) -> UInt64 {
    let low = stamp & (1 << stampBits - 1)
    let top = last & ~(1 << stampBits - 1)
    guard top != 0 else { return low }
    let full = top | low
    return full < last ? full &+ 1 << stampBits : full
  }

  @inline(never)
  private func failure(_ bytes: UInt64) -> RingBufferError {
    RingBufferError(offset: position, what: .length(bytes: bytes))
  }
}
