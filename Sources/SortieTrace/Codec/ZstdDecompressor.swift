internal import CZstd

/// Decompresses single zstd frames into memory of a size known before.
enum ZstdDecompressor {
  /// Appends the `length` bytes that `frame` holds to `output`. Throws ``TraceError/corrupted(offset:what:)`` where
  /// `frame` is not exactly one zstd frame of that size.
  static func append(
    _ frame: UnsafeRawBufferPointer, length: Int, to output: inout ByteBuffer, at offset: UInt64
  ) throws(TraceError) {
    let declared = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
    guard declared == UInt64(length) else {
      throw .corrupted(
        offset: offset,
        what: declared >= UInt64(bitPattern: -2)
          ? "no zstd frame of known size" : "a zstd frame of \(declared) bytes, expected \(length)")
    }
    let compressed = ZSTD_findFrameCompressedSize(frame.baseAddress, frame.count)
    guard ZSTD_isError(compressed) == 0, compressed == frame.count else {
      throw .corrupted(offset: offset, what: "not exactly one zstd frame of \(frame.count) bytes")
    }
    let begin = output.count
    let result = ZSTD_decompress(output.extend(by: length), length, frame.baseAddress, frame.count)
    guard ZSTD_isError(result) == 0, result == length else {
      output.truncate(to: begin)
      let problem = ZSTD_isError(result) != 0 ? String(cString: ZSTD_getErrorName(result)) : "\(result) bytes"
      throw .corrupted(offset: offset, what: "zstd frame: \(problem)")
    }
  }
}
