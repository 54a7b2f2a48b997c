internal import SortieTrace

/// Where a field of a kernel event goes in the trace.
struct FieldMapping {
  /// What the field is called, by the kernels that have it.
  let names: [String]
  /// The column.
  let column: ColumnID
  /// How the value is put there.
  let transform: Transform

  /// How a field's value becomes a column's.
  enum Transform: Equatable {
    /// As it is, two's complement where it is signed.
    case value
    /// `-value`: the kernel's negative errno as the positive number that errno(3) has.
    case negated
    /// Sets these bits where the field is `equals`, or not 0 where that is nil.
    case bits(UInt64, equals: UInt64? = nil)
    /// So many of the field's bytes from here on, at most 8, the first one lowest.
    case bytes(from: Int, count: Int)
  }

  init(_ names: String..., to column: ColumnID, _ transform: Transform = .value) {
    self.names = names
    self.column = column
    self.transform = transform
  }
}
