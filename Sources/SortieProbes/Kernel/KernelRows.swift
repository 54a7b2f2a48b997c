internal import Glibc
internal import SortieTrace

/// Events of one stream, gathered by column until they make a block. Memory is taken from the system as it is touched.
final class KernelRows {
  /// Columns of a stream of kind `kernel`: the first three stand in every row.
  static let kernel: [ColumnID] = [
    .tsc, .kernelEvent, .thread, .vm, .vcpu, .flags, .reason, .rip, .isa, .info1, .info2, .interruptInfo,
    .errorCode, .requests, .address, .size, .count, .number, .previous, .errno, .apicID,
  ]
  /// Columns of a stream of kind `scheduler`.
  static let scheduler: [ColumnID] = [
    .tsc, .kernelEvent, .thread, .nextThread, .threadState, .priority, .nextPriority, .flags,
  ]

  /// Positions of the columns that every row of a kernel stream may have.
  static let (tsc, event, thread, vm, vcpu) = (0, 1, 2, 3, 4)

  /// Rows it holds.
  static let capacity = 1 << 15

  private let columns: [ColumnID]
  private let memory: UnsafeMutableRawPointer
  private let bytes: Int
  private let values: UnsafeMutablePointer<UInt64>
  /// Bit i of a row's word: column i has a value there.
  private let present: UnsafeMutablePointer<UInt32>
  /// Rows gathered.
  private(set) var count = 0

  /// Rows of at most 32 `columns`.
  ///
  /// - Throws: ``ProbeError/memory(bytes:)``.
  init(_ columns: [ColumnID]) throws(ProbeError) {
    self.columns = columns
    bytes = Self.capacity * (columns.count * 8 + 4)
    let mapped = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let mapped, mapped != MAP_FAILED else { throw .memory(bytes: bytes) }
    memory = mapped
    values = mapped.bindMemory(to: UInt64.self, capacity: Self.capacity * columns.count)
    present = (mapped + Self.capacity * columns.count * 8).bindMemory(
      to: UInt32.self, capacity: Self.capacity)
  }

  deinit { munmap(memory, bytes) }

  var isFull: Bool { count == Self.capacity }

  /// Adds a row whose `columns` are to be set. Precondition: it is not full.
  @inline(__always)
  func append(columns: UInt32) -> Int {
    let row = count
    present[row] = columns
    count = row &+ 1
    return row
  }

  @inline(__always)
  func set(_ row: Int, _ column: Int, _ value: UInt64) { values[column &* Self.capacity &+ row] = value }

  @inline(__always)
  func add(_ row: Int, _ column: Int, _ bits: UInt64) { values[column &* Self.capacity &+ row] |= bits }

  /// The rows where they are, until the next one is added.
  var rows: EventRows {
    EventRows(count: count, columns: columns, values: values, stride: Self.capacity, present: present)
  }

  /// A value; what an absent one is means nothing.
  func value(_ row: Int, _ column: Int) -> UInt64 { values[column &* Self.capacity &+ row] }

  /// The columns in which a row has a value.
  func columns(of row: Int) -> UInt32 { present[row] }

  /// Forgets the rows.
  func clear() { count = 0 }

  /// The rows as columns of a block; those that no row has are left out. Empties it.
  func take() -> ColumnSet {
    let present = UnsafeBufferPointer(start: present, count: count)
    let inAll = present.reduce(UInt32.max) { $0 & $1 }
    let inAny = present.reduce(0) { $0 | $1 }
    let set = ColumnSet(
      count: count,
      columns: columns.indices.compactMap { column in
        let bit = UInt32(1) << UInt32(column)
        guard inAny & bit != 0 else { return nil }
        let start = values + column * Self.capacity
        if inAll & bit != 0 {
          return Column(columns[column], .integers(Array(UnsafeBufferPointer(start: start, count: count))))
        }
        return Self.partial(columns[column], start, present, bit)
      })
    count = 0
    return set
  }

  private static func partial(
    _ id: ColumnID, _ values: UnsafeMutablePointer<UInt64>, _ present: UnsafeBufferPointer<UInt32>,
    _ bit: UInt32
  ) -> Column {
    var presence = [UInt64](repeating: 0, count: (present.count + 63) / 64)
    let integers = [UInt64](unsafeUninitializedCapacity: present.count) { memory, count in
      for row in present.indices {
        let isPresent = present[row] & bit != 0
        memory.initializeElement(at: row, to: isPresent ? values[row] : 0)
        presence[row >> 6] |= (isPresent ? 1 : 0) << UInt64(row & 63)
      }
      count = present.count
    }
    return Column(id, .integers(integers), presence: presence)
  }
}
