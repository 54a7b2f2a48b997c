internal import GuestABI

/// A frame of an I/O plan (`sortie_io_frame`), in words. Nothing allocates after it is made.
struct PlannedFrame {
  private var words: [UInt64]

  private static let headerWords = MemoryLayout<sortie_io_frame>.size / 8
  /// The word of the frame's number, the last of the header.
  private static let numberWord = headerWords - 1

  /// A frame of so many bytes, a multiple of 8 that has room for the header.
  init(byteCount: Int) { words = [UInt64](repeating: 0, count: byteCount / 8) }

  /// Makes it the frame of this number, with the data of `seed`. It goes to all stations.
  mutating func fill(seed: UInt64, number: UInt64) {
    var header = sortie_io_frame()
    header.destination = (0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
    header.type = UInt16(SORTIE_IO_ETHER_TYPE)
    header.number = number
    words.withUnsafeMutableBytes { $0.storeBytes(of: header, as: sortie_io_frame.self) }
    words.withUnsafeMutableBufferPointer { words in
      let data = UnsafeMutableBufferPointer(rebasing: words[Self.headerWords...])
      sortie_io_fill_words(data.baseAddress, UInt64(data.count), sortie_io_frame_word(seed, number))
    }
  }

  /// Takes the bytes of `frame`; false where it has another length.
  mutating func copy(_ frame: UnsafeRawBufferPointer) -> Bool {
    words.withUnsafeMutableBytes { bytes in
      guard frame.count == bytes.count else { return false }
      bytes.copyMemory(from: frame)
      return true
    }
  }

  /// Gives its bytes to `buffer`; false where they have no room there.
  func copy(to buffer: UnsafeMutableRawBufferPointer) -> Bool {
    words.withUnsafeBytes { bytes in
      guard buffer.count >= bytes.count else { return false }
      buffer.copyMemory(from: bytes)
      return true
    }
  }

  /// Gets a bit of its data wrong.
  mutating func corrupt() { words[words.count - 1] ^= 1 }

  /// Whether number and data are the same.
  func isLike(_ other: PlannedFrame) -> Bool { words[Self.numberWord...] == other.words[Self.numberWord...] }

  /// The checksum `sum` with its data behind it.
  func checksum(behind sum: UInt64) -> UInt64 {
    words.withUnsafeBufferPointer { words in
      let data = UnsafeBufferPointer(rebasing: words[Self.headerWords...])
      return sortie_io_checksum_words(sum, data.baseAddress, UInt64(data.count))
    }
  }
}
