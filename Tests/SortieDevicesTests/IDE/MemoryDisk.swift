import Glibc
import SortieDevices
import Synchronization

/// A disk in memory, each of whose sectors is different, that fails and waits when a test says so.
final class MemoryDisk: BlockBackend {
  private struct State {
    var bytes: [UInt8]
    var badSectors: Set<UInt64> = []
    var failsFlush = false
    var flushes = 0
    var calls = 0
  }

  let byteCount: UInt64
  let blockSize: UInt32 = 512
  let isReadOnly: Bool
  private let state: Mutex<State>
  private let isHeld = Atomic<Bool>(false)

  /// A disk that says that it has `sectors`; its bytes are those of the first 1024 at most.
  init(sectors: UInt64, isReadOnly: Bool = false) {
    byteCount = sectors * sectorSize
    self.isReadOnly = isReadOnly
    state = Mutex(State(bytes: (0..<min(sectors, 1024)).flatMap(Self.pattern)))
  }

  /// What a sector holds to begin with.
  static func pattern(_ sector: UInt64) -> [UInt8] {
    (0..<512).map { UInt8(truncatingIfNeeded: sector &* 31 &+ UInt64($0) &* 7 &+ UInt64($0 >> 8)) }
  }

  static func pattern(_ sectors: Range<UInt64>) -> [UInt8] { sectors.flatMap(pattern) }

  func sector(_ index: UInt64) -> [UInt8] { sectors(index..<index + 1) }
  func sectors(_ range: Range<UInt64>) -> [UInt8] {
    state.withLock { Array($0.bytes[Int(range.lowerBound) * 512..<Int(range.upperBound) * 512]) }
  }

  var flushes: Int { state.withLock(\.flushes) }
  /// Reads, writes and flushes, those that wait as well.
  var calls: Int { state.withLock(\.calls) }

  func breakSector(_ index: UInt64) { state.withLock { _ = $0.badSectors.insert(index) } }
  func breakFlush() { state.withLock { $0.failsFlush = true } }

  /// Lets calls wait from now on.
  func hold() { isHeld.store(true, ordering: .sequentiallyConsistent) }
  func letGo() { isHeld.store(false, ordering: .sequentiallyConsistent) }

  private func begin() {
    state.withLock { $0.calls += 1 }
    while isHeld.load(ordering: .sequentiallyConsistent) { usleep(100) }
  }

  private func move(
    _ offset: UInt64, _ segments: UnsafeBufferPointer<iovec>,
    _ body: (inout [UInt8], Int, UnsafeMutableRawBufferPointer) -> Void
  ) throws(BlockError) {
    begin()
    try state.withLock { (state) throws(BlockError) in
      var position = Int(offset)
      for segment in segments {
        let bytes = UnsafeMutableRawBufferPointer(start: segment.iov_base, count: segment.iov_len)
        precondition(position % 512 == 0 && bytes.count % 512 == 0 && position + bytes.count <= byteCount)
        let sectors = UInt64(position / 512)..<UInt64((position + bytes.count) / 512)
        guard state.badSectors.allSatisfy({ !sectors.contains($0) }) else { throw .failed(errno: EIO) }
        body(&state.bytes, position, bytes)
        position += bytes.count
      }
    }
  }

  func read(at offset: UInt64, into segments: UnsafeBufferPointer<iovec>) throws(BlockError) {
    try move(offset, segments) { disk, position, bytes in
      for index in bytes.indices {
        bytes[index] = position + index < disk.count ? disk[position + index] : 0
      }
    }
  }

  func write(at offset: UInt64, from segments: UnsafeBufferPointer<iovec>) throws(BlockError) {
    guard !isReadOnly else { throw .failed(errno: EBADF) }
    try move(offset, segments) { disk, position, bytes in
      for index in bytes.indices where position + index < disk.count { disk[position + index] = bytes[index] }
    }
  }

  func flush() throws(BlockError) {
    begin()
    try state.withLock { (state) throws(BlockError) in
      state.flushes += 1
      if state.failsFlush { throw .failed(errno: EIO) }
    }
  }

  func discard(_ range: Range<UInt64>) throws(BlockError) { throw .unsupported }
  func zero(_ range: Range<UInt64>, mayUnmap: Bool) throws(BlockError) { throw .unsupported }
}
