internal import SortieTrace

/// How one kernel's records of an event are read: which bytes go to which column.
struct EventLayout {
  /// A step: bytes of the record to a column of the row.
  struct Step {
    /// Bytes from the start of the record.
    var offset: Int
    /// Bytes, 1 to 8.
    var size: Int
    var isSigned: Bool
    var action: Action
    /// Position among the row's columns.
    var column: Int
  }

  /// What a step does with a value.
  enum Action {
    case set
    case setNegated
    /// Sets the column to `bits` where the value is not 0, else to 0; `adds`: leaves what other steps set there.
    case setBits(UInt64, adds: Bool)
    /// The same where the value is `equals`.
    case setBitsEqual(UInt64, equals: UInt64, adds: Bool)
  }

  let event: KernelEvent
  let format: EventFormat
  let steps: [Step]
  /// Bit i: column i of the row gets a value.
  let columns: UInt32
  /// Fewest bytes of a record.
  let leastSize: Int
  /// Fields that name threads: offset of the id, offset and size of the name.
  let names: [(id: Int, name: Int, size: Int)]

  /// Matches what is wanted of `event` with what the kernel has of it. `row`: the columns of its stream.
  init(_ event: KernelEvent, _ format: EventFormat, row: [ColumnID]) {
    self.event = event
    self.format = format
    var steps: [Step] = []
    var columns: UInt32 = 0
    for mapping in event.fields {
      guard let field = format.field(mapping.names), let position = row.firstIndex(of: mapping.column),
        let step = Self.step(mapping, field, position, adds: columns & 1 << UInt32(position) != 0)
      else { continue }
      steps.append(step)
      columns |= 1 << UInt32(position)
    }
    let names = ["prev", "next"].compactMap { side -> (id: Int, name: Int, size: Int)? in
      guard event.isScheduler, let id = format.field("\(side)_pid"), id.size == 4,
        let name = format.field("\(side)_comm"), name.size > 0
      else { return nil }
      return (id.offset, name.offset, name.size)
    }
    self.steps = steps
    self.columns = columns
    self.names = names
    leastSize = max(
      steps.reduce(0) { max($0, $1.offset + $1.size) },
      names.reduce(0) { max($0, $1.id + 4, $1.name + $1.size) })
  }

  private static func step(
    _ mapping: FieldMapping, _ field: EventField, _ column: Int, adds: Bool
  ) -> Step? {
    if case .bytes(let from, let count) = mapping.transform {
      let size = min(count, field.size - from)
      guard field.isArray, !field.type.contains("__data_loc"), size > 0 else { return nil }
      return Step(offset: field.offset + from, size: size, isSigned: false, action: .set, column: column)
    }
    guard !field.isArray, [1, 2, 4, 8].contains(field.size) else { return nil }
    let action: Action =
      switch mapping.transform {
      case .value, .bytes: .set
      case .negated: .setNegated
      case .bits(let bits, nil): .setBits(bits, adds: adds)
      case .bits(let bits, let equals?): .setBitsEqual(bits, equals: equals, adds: adds)
      }
    return Step(
      offset: field.offset, size: field.size, isSigned: field.isSigned, action: action, column: column)
  }
}
