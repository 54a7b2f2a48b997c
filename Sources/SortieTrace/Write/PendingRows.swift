/// Records of one stream that wait for a block to fill up.
final class PendingRows<Record: BitwiseCopyable> {
  private let memory: UnsafeMutablePointer<Record>
  /// Records waiting.
  private(set) var count = 0
  /// Records a block holds.
  let capacity: Int

  init(capacity: Int) {
    self.capacity = capacity
    memory = .allocate(capacity: capacity)
  }

  deinit { memory.deallocate() }

  /// The records waiting.
  var records: UnsafeBufferPointer<Record> { UnsafeBufferPointer(start: memory, count: count) }

  /// Takes as many of `records` as fit; returns how many.
  func take(_ records: UnsafeBufferPointer<Record>) -> Int {
    let taken = min(records.count, capacity - count)
    if let source = records.baseAddress, taken > 0 {
      (memory + count).update(from: source, count: taken)
      count += taken
    }
    return taken
  }

  func removeAll() { count = 0 }
}
