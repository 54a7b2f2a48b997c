internal import CZstd

/// One zstd frame after another, each with its content size and checksum. RFC 8878.
struct ZstdCompressor: ~Copyable {
  private let context: OpaquePointer
  /// Ends a zstd block where one distribution of bytes gives way to another, so that each gets its own Huffman table;
  /// below this many bytes a table costs more than it saves.
  private static let leastSegment = 1024

  init(level: Int32) throws(TraceError) {
    guard let context = ZSTD_createCCtx() else { throw .compressor("out of memory") }
    self.context = context
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
  }

  deinit { ZSTD_freeCCtx(context) }

  /// Appends a frame of `content` to `output`; `boundaries` are ascending offsets of new distributions in it.
  func append(
    _ content: UnsafeRawBufferPointer, boundaries: [Int], to output: inout ByteBuffer
  ) throws(TraceError) {
    ZSTD_CCtx_reset(context, ZSTD_reset_session_only)
    ZSTD_CCtx_setPledgedSrcSize(context, UInt64(content.count))
    // Every flush may add a block header and cost a partly filled block: three bytes each, and room to spare.
    let bound = ZSTD_compressBound(content.count) + (boundaries.count + 1) * 64 + content.count / 64
    let begin = output.count
    let room = output.extend(by: bound)
    var out = ZSTD_outBuffer(dst: room, size: bound, pos: 0)
    var done = 0
    for boundary in boundaries
    where boundary - done >= Self.leastSegment && content.count - boundary >= Self.leastSegment {
      try advance(content, from: done, to: boundary, ZSTD_e_flush, &out)
      done = boundary
    }
    try advance(content, from: done, to: content.count, ZSTD_e_end, &out)
    output.truncate(to: begin + out.pos)
  }

  private func advance(
    _ content: UnsafeRawBufferPointer, from start: Int, to end: Int, _ directive: ZSTD_EndDirective,
    _ out: inout ZSTD_outBuffer
  ) throws(TraceError) {
    var input = ZSTD_inBuffer(src: content.baseAddress.map { $0 + start }, size: end - start, pos: 0)
    while true {
      let before = out.pos
      let left = ZSTD_compressStream2(context, &out, &input, directive)
      guard ZSTD_isError(left) == 0 else { throw .compressor(String(cString: ZSTD_getErrorName(left))) }
      if left == 0, input.pos == input.size { return }
      guard out.pos < out.size, out.pos > before || input.pos > 0 else {
        throw .compressor("\(end - start) bytes do not fit their bound")
      }
    }
  }
}
