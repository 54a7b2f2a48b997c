/// Bounds of the format, which keep a reader's memory in bounds whatever the bytes say. FORMAT.md, section 9.
enum TraceLimits {
  /// Rows of one block.
  static let rows = 1 << 20
  /// Rows times columns of one block.
  static let cells = 1 << 22
  /// Columns of one block.
  static let columns = 128
  /// Bytes of a block's skippable frame, its eight-byte prefix included.
  static let blockFrame = 4096
  /// Bytes of a block's payload once decompressed.
  static let content = 1 << 26
  /// Bytes of a block's payload as stored.
  static let payload = 1 << 26
  /// Entries of the site dictionary.
  static let sites = 1 << 20
  /// Rows times columns of one table, all its blocks together.
  static let tableCells = 1 << 24

  /// Rows a writer puts into one block.
  static let writtenRows = 1 << 16
  /// Entries of the site dictionary as written: rows beyond them carry their fields themselves.
  static let writtenSites = 1 << 16
  /// Bytes of text a writer puts into one block; a single value may not be longer.
  static let writtenText = 1 << 23
}
