/// How a column's residuals are stored. FORMAT.md, section 6. The numbers are part of the file format.
enum Packing: UInt8 {
  /// One number for all rows.
  case constant = 0
  /// A variable-length number a row.
  case varint = 1
  /// Frame of reference, a fixed number of bits a row, patches for what does not fit.
  case bits = 2
  /// Frame of reference, one to eight planes of a byte a row, patches: zstd's Huffman coder finds each plane's own
  /// distribution.
  case planes = 3
  /// Runs of equal residuals.
  case runs = 4
  /// Text or bytes: all lengths, then all contents.
  case text = 16
}

/// What a column's residuals are relative to. FORMAT.md, section 5. The numbers are part of the file format.
enum Predictor: UInt8 {
  /// Zero: residuals are the values.
  case none = 0
  /// Another column, earlier in the table, in the same row.
  case sameRow = 1
  /// A column in the row before: this one, or one whose own chain of same-row predictions leads here.
  case previousRow = 2
}

/// What a column's values are. The numbers are part of the file format.
enum ColumnType: UInt8 {
  case integers = 1
  case strings = 2
  case bytes = 3
}
