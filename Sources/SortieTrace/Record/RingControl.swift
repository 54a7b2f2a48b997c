public import Synchronization

/// The words a ring's two ends share, in memory of their own: the producer's index, the consumer's, and the account of
/// drops, 128 bytes apart because processors fetch cache lines in pairs.
@usableFromInline struct RingControl {
  @usableFromInline let memory: UnsafeMutableRawPointer
  /// Bytes it takes.
  static let length = 3 * 128

  /// Words in `memory`, which is zero.
  init(_ memory: UnsafeMutableRawPointer) {
    self.memory = memory
    for offset in stride(from: 0, to: Self.length, by: 8) {
      (memory + offset).bindMemory(to: Atomic<UInt64>.self, capacity: 1).initialize(to: Atomic(0))
    }
  }

  @inlinable @inline(__always) func word(_ offset: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
    (memory + offset).assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  /// Records pushed; written by the producer.
  @inlinable @inline(__always) var head: UnsafeMutablePointer<Atomic<UInt64>> { word(0) }
  /// Records drained; written by the consumer.
  @inlinable @inline(__always) var tail: UnsafeMutablePointer<Atomic<UInt64>> { word(128) }
  /// Drops the consumer has taken note of; written by the consumer.
  @inlinable @inline(__always) var reportedDrops: UnsafeMutablePointer<Atomic<UInt64>> { word(136) }
  /// Odd while the producer writes the three words that follow.
  @inlinable @inline(__always) var dropSequence: UnsafeMutablePointer<Atomic<UInt64>> { word(256) }
  /// Records dropped; written by the producer.
  @inlinable @inline(__always) var dropped: UnsafeMutablePointer<Atomic<UInt64>> { word(264) }
  /// Stamp of the first drop since the consumer took note.
  @inlinable @inline(__always) var firstDrop: UnsafeMutablePointer<Atomic<UInt64>> { word(272) }
  /// Stamp of the last drop.
  @inlinable @inline(__always) var lastDrop: UnsafeMutablePointer<Atomic<UInt64>> { word(280) }
}
