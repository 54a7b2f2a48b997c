/// Turns a block's decompressed payload back into columns. The bytes may be anything; every count is checked.
struct BlockDecoder {
  private let header: BlockHeader
  private let offset: UInt64
  /// Columns whose type, packing and predictor are known, as indices into the header's table.
  private var known: [Bool]
  private var predictions: [Prediction]
  /// Residuals, then values, of integer columns; empty for others.
  private var integers: [[UInt64]]
  /// Values of text columns.
  private var texts: [ColumnValues?]
  private var presences: [[UInt64]?]

  /// The columns that `content` holds as `header` describes them; unknown ones are left out. `content` must be
  /// followed by eight readable bytes; `offset` is the block's place in the file.
  static func decode(
    _ header: BlockHeader, _ content: UnsafeRawBufferPointer, at offset: UInt64
  ) throws(TraceError) -> ColumnSet {
    var decoder = try BlockDecoder(header, at: offset)
    var cursor = ByteCursor(content, origin: offset, what: "payload")
    for index in header.columns.indices {
      let bytes = try cursor.take(Int(header.columns[index].length))
      if decoder.known[index] { try decoder.read(index, bytes) }
    }
    guard cursor.remaining == 0 else { throw cursor.malformed("\(cursor.remaining) bytes of no column") }
    decoder.integrate()
    return ColumnSet(count: Int(header.rows), columns: decoder.finished())
  }

  private init(_ header: BlockHeader, at offset: UInt64) throws(TraceError) {
    self.header = header
    self.offset = offset
    known = header.columns.map { entry in
      guard entry.presence <= 1, let packing = Packing(rawValue: entry.packing),
        let type = ColumnType(rawValue: entry.type), let predictor = Predictor(rawValue: entry.predictor)
      else { return false }
      return type == .integers ? packing != .text : packing == .text && predictor == .none
    }
    integers = [[UInt64]](repeating: [], count: header.columns.count)
    texts = [ColumnValues?](repeating: nil, count: header.columns.count)
    presences = [[UInt64]?](repeating: nil, count: header.columns.count)
    predictions = [Prediction](repeating: .none, count: header.columns.count)
    var positions: [ColumnID: Int] = [:]
    for (index, entry) in header.columns.enumerated() {
      guard positions.updateValue(index, forKey: entry.id) == nil else {
        throw .corrupted(offset: offset, what: "column \(entry.id.rawValue) stands twice in a block")
      }
    }
    for (index, entry) in header.columns.enumerated() where known[index] {
      guard let predictor = Predictor(rawValue: entry.predictor), predictor != .none else { continue }
      guard let reference = positions[entry.reference],
        header.columns[reference].type == ColumnType.integers.rawValue,
        predictor == .previousRow || reference < index
      else {
        throw .corrupted(
          offset: offset,
          what:
            "column \(entry.id.rawValue) is predicted from column \(entry.reference.rawValue), which cannot be"
        )
      }
      predictions[index] = Prediction(predictor: predictor, reference: reference)
    }
    forgetDependents()
    for index in header.columns.indices where known[index] && predictions[index].predictor == .previousRow {
      guard Prediction.chain(from: predictions[index].reference, to: index, in: predictions) != nil else {
        throw .corrupted(
          offset: offset,
          what:
            "column \(header.columns[index].id.rawValue) is predicted from a column that does not lead to it")
      }
    }
  }

  /// A column predicted from an unknown one is unknown.
  private mutating func forgetDependents() {
    var changed = true
    while changed {
      changed = false
      for index in known.indices where known[index] && predictions[index].predictor != .none {
        if !known[predictions[index].reference] {
          known[index] = false
          changed = true
        }
      }
    }
  }

  /// Reads presence and residuals, or text, of one column.
  private mutating func read(_ index: Int, _ bytes: UnsafeRawBufferPointer) throws(TraceError) {
    let entry = header.columns[index]
    let rows = Int(header.rows)
    var cursor = ByteCursor(bytes, origin: offset, what: "column \(entry.id.rawValue)")
    if entry.presence == 1 { presences[index] = try Self.presence(&cursor, rows: rows) }
    switch ColumnType(rawValue: entry.type) {
    case .strings: texts[index] = .strings(try Self.strings(&cursor, rows: rows))
    case .bytes: texts[index] = .bytes(try TextCodec.decode(&cursor, rows: rows).map { Array($0) })
    default: integers[index] = try Self.residuals(&cursor, entry.packing, rows: rows)
    }
    guard cursor.remaining == 0 else { throw cursor.malformed("\(cursor.remaining) bytes too many") }
  }

  private static func presence(_ cursor: inout ByteCursor, rows: Int) throws(TraceError) -> [UInt64] {
    let bytes = try cursor.take((rows + 7) / 8)
    var words = [UInt64](repeating: 0, count: (rows + 63) / 64)
    for (index, byte) in bytes.enumerated() { words[index / 8] |= UInt64(byte) << UInt64(index % 8 * 8) }
    if rows % 64 != 0, let last = words.last, last >> UInt64(rows % 64) != 0 {
      throw cursor.malformed("presence bits behind the last row")
    }
    return words
  }

  private static func strings(_ cursor: inout ByteCursor, rows: Int) throws(TraceError) -> [String] {
    var strings: [String] = []
    strings.reserveCapacity(rows)
    for bytes in try TextCodec.decode(&cursor, rows: rows) {
      guard let string = String(validating: bytes, as: UTF8.self) else {
        throw cursor.malformed("text that is not UTF-8")
      }
      strings.append(string)
    }
    return strings
  }

  private static func residuals(
    _ cursor: inout ByteCursor, _ packing: UInt8, rows: Int
  ) throws(TraceError) -> [UInt64] {
    var residuals = [UInt64](unsafeUninitializedCapacity: rows) { memory, count in
      memory.initialize(repeating: 0)
      count = rows
    }
    var failure: TraceError?
    residuals.withUnsafeMutableBufferPointer { residuals in
      do throws(TraceError) {
        switch Packing(rawValue: packing) {
        case .constant: residuals.update(repeating: try cursor.read(UInt64.self))
        case .varint: for row in 0..<rows { residuals[row] = unzigzag(try cursor.varint()) }
        case .bits:
          let frame = try PackedFrame(&cursor)
          try BitPacking.decode(&cursor, width: Int(frame.width), to: residuals)
          try frame.finish(&cursor, bits: Int(frame.width), residuals)
        case .planes:
          let frame = try PackedFrame(&cursor)
          try BytePlanes.decode(&cursor, planes: Int(frame.width), to: residuals)
          try frame.finish(&cursor, bits: Int(frame.width) * 8, residuals)
        case .runs: try RunLengths.decode(&cursor, to: residuals)
        case .text, nil: throw cursor.malformed("packing \(packing)")
        }
      } catch { failure = error }
    }
    if let failure { throw failure }
    return residuals
  }

  /// Adds predictions to residuals, column by column, then clears absent rows.
  private mutating func integrate() {
    for index in integers.indices where known[index] {
      switch predictions[index].predictor {
      case .none: break
      case .sameRow: addReference(index, predictions[index].reference)
      case .previousRow: addPreviousRow(index, predictions[index].reference)
      }
    }
    for index in integers.indices {
      guard let presence = presences[index], texts[index] == nil else { continue }
      for row in integers[index].indices where presence[row >> 6] >> UInt64(row & 63) & 1 == 0 {
        integers[index][row] = 0
      }
    }
  }

  private mutating func addReference(_ index: Int, _ reference: Int) {
    let added = integers[reference]
    integers[index].withUnsafeMutableBufferPointer { values in
      added.withUnsafeBufferPointer { added in
        for row in 0..<values.count { values[row] &+= added[row] }
      }
    }
  }

  /// Row by row: the value before, plus how far the reference lay from it in that row (the residuals on the chain
  /// between them, which come later in the table and so are still residuals), plus the residual.
  private mutating func addPreviousRow(_ index: Int, _ reference: Int) {
    var distance = [UInt64](repeating: 0, count: Int(header.rows))
    for link in Prediction.chain(from: reference, to: index, in: predictions) ?? [] {
      let residuals = integers[link]
      distance.withUnsafeMutableBufferPointer { distance in
        residuals.withUnsafeBufferPointer { residuals in
          for row in 0..<distance.count { distance[row] &+= residuals[row] }
        }
      }
    }
    integers[index].withUnsafeMutableBufferPointer { values in
      distance.withUnsafeBufferPointer { distance in
        for row in stride(from: 1, to: values.count, by: 1) {
          values[row] &+= values[row - 1] &+ distance[row - 1]
        }
      }
    }
  }

  /// The known columns in the table's order, absent text rows emptied.
  private func finished() -> [Column] {
    header.columns.indices.filter { known[$0] }.map { index in
      let values =
        switch texts[index] {
        case nil: ColumnValues.integers(integers[index])
        case .strings(let strings): ColumnValues.strings(present(strings, index, empty: ""))
        case .bytes(let bytes): ColumnValues.bytes(present(bytes, index, empty: []))
        case .integers(let values): ColumnValues.integers(values)
        }
      return Column(header.columns[index].id, values, presence: presences[index])
    }
  }

  private func present<Value>(_ values: [Value], _ index: Int, empty: Value) -> [Value] {
    guard let presence = presences[index] else { return values }
    return values.indices.map { presence[$0 >> 6] >> UInt64($0 & 63) & 1 == 1 ? values[$0] : empty }
  }
}
