/// Writes sub-buffers as the kernel does (include/linux/ring_buffer.h), with what it keeps of them.
struct PageBuilder {
  private(set) var bytes: [UInt8]
  private(set) var expected: [(tsc: UInt64, record: [UInt8])] = []
  private var tsc: UInt64
  private let size: Int

  init(tsc: UInt64, dataSize: Int = 4080) {
    self.tsc = tsc
    size = dataSize
    bytes = [UInt8](repeating: 0, count: 16)
    put(tsc, at: 0)
  }

  var room: Int { size + 16 - bytes.count }

  /// An event with `record`, a multiple of 4 bytes, `delta` cycles after the one before; false where there is no room.
  mutating func event(_ record: [UInt8], after delta: UInt64, long: Bool = false, absolute: Bool = false)
    -> Bool
  {
    let isLong = long || record.count > 112 || record.isEmpty
    let needed = record.count + (isLong ? 8 : 4)
    let extends = absolute || delta >= 1 << 27
    guard needed + (extends ? 8 : 0) <= room else { return false }
    tsc &+= delta
    if absolute {
      word(31 | UInt32(truncatingIfNeeded: tsc & (1 << 27 - 1)) << 5)
      word(UInt32(truncatingIfNeeded: tsc >> 27))
    } else if extends {
      word(30 | UInt32(truncatingIfNeeded: delta & (1 << 27 - 1)) << 5)
      word(UInt32(truncatingIfNeeded: delta >> 27))
    }
    let own = extends ? 0 : UInt32(delta)
    if isLong {
      word(own << 5)
      word(UInt32(record.count + 4))
    } else {
      word(UInt32(record.count / 4) | own << 5)
    }
    bytes += record
    expected.append((tsc, record))
    return true
  }

  /// An event that was taken back: `words` words behind its header, the first of which is its length.
  mutating func discarded(words: Int, after delta: UInt64) -> Bool {
    guard 4 + words * 4 <= room, words > 0 else { return false }
    // The kernel puts 1 where there was no time, so 1 adds nothing.
    word(29 | UInt32(max(1, delta)) << 5)
    word(UInt32(words * 4))
    bytes += [UInt8](repeating: 0xa5, count: (words - 1) * 4)
    if delta > 1 { tsc &+= delta }
    return true
  }

  /// Fills the rest, as where the next event did not fit.
  mutating func fill() {
    guard room >= 4 else { return }
    word(29)
    bytes += [UInt8](repeating: 0x5a, count: room)
  }

  /// The sub-buffer: `lost` events before it, counted or not.
  func page(lost: UInt64? = nil, isCounted: Bool = true) -> [UInt8] {
    var page = self
    let length = bytes.count - 16
    page.bytes += [UInt8](repeating: 0, count: page.room)
    var commit = Int64(length)
    if let lost {
      commit += Int64(Int32(bitPattern: 1 << 31))
      if isCounted, room >= 8 {
        commit += 1 << 30
        page.put(lost, at: bytes.count)
      }
    }
    page.put(UInt64(bitPattern: commit), at: 8)
    return page.bytes
  }

  private mutating func word(_ value: UInt32) { withUnsafeBytes(of: value) { bytes += $0 } }

  private mutating func put(_ value: UInt64, at offset: Int) {
    withUnsafeBytes(of: value) { for (index, byte) in $0.enumerated() { bytes[offset + index] = byte } }
  }
}
