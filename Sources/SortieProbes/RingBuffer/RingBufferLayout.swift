/// Where things lie in a sub-buffer of the kernel's ring buffer, from `events/header_page`
/// (ring_buffer.c, `ring_buffer_print_page_header`).
public struct RingBufferLayout: Equatable, Sendable {
  /// Offset of the stamp that the events' times count from, bytes.
  public let timestampOffset: Int
  /// Offset of the count of bytes used, with the flags of lost events in it.
  public let commitOffset: Int
  /// Offset of the events.
  public let dataOffset: Int
  /// Bytes of events that fit.
  public let dataSize: Int

  /// Bytes of a sub-buffer.
  public var pageSize: Int { dataOffset + dataSize }

  /// Largest sub-buffer, bytes (`buffer_subbuf_size_kb`).
  static let largestPage = 1 << 20

  /// Reads the text of `events/header_page`.
  ///
  /// - Throws: ``EventFormatError``.
  public init(_ text: String) throws(EventFormatError) {
    guard text.utf8.count <= EventFormat.longestText else {
      throw EventFormatError(line: 0, what: "\(text.utf8.count) bytes of text")
    }
    var fields: [EventField] = []
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      guard fields.count < EventFormat.mostFields else { break }
      if let field = try EventFormat.field(line, number + 1) { fields.append(field) }
    }
    func field(_ name: String, _ sizes: ClosedRange<Int>) throws(EventFormatError) -> EventField {
      guard let field = fields.first(where: { $0.name == name }) else {
        throw EventFormatError(line: 0, what: "no field \(name)")
      }
      guard sizes.contains(field.size) else {
        throw EventFormatError(line: 0, what: "\(name) has \(field.size) bytes")
      }
      return field
    }
    let timestamp = try field("timestamp", 8...8)
    let commit = try field("commit", 4...8)
    let data = try field("data", 16...Self.largestPage)
    guard timestamp.offset + timestamp.size <= data.offset, commit.offset + commit.size <= data.offset else {
      throw EventFormatError(line: 0, what: "the header reaches beyond the data at \(data.offset)")
    }
    timestampOffset = timestamp.offset
    commitOffset = commit.offset
    dataOffset = data.offset
    dataSize = data.size
  }
}
