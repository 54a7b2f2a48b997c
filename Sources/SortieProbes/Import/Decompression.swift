internal import CZlib
internal import CZstd

/// How a trace.dat of version 7 is compressed.
enum Decompression {
  case none
  case zstd
  case zlib

  /// Bytes that a chunk or a section may decompress to.
  static let largest: UInt32 = 1 << 26

  init?(name: String) {
    switch name {
    case "none", "": self = .none
    case "zstd": self = .zstd
    case "zlib": self = .zlib
    default: return nil
    }
  }

  /// The `size` bytes that `bytes` decompress to; nil where they do not.
  func decompressed(_ bytes: UnsafeRawBufferPointer, size: UInt32) -> [UInt8]? {
    guard size <= Self.largest else { return nil }
    var isWhole = false
    let output = [UInt8](unsafeUninitializedCapacity: Int(size)) { memory, count in
      count = 0
      switch self {
      case .none: break
      case .zstd:
        let result = ZSTD_decompress(memory.baseAddress, Int(size), bytes.baseAddress, bytes.count)
        isWhole = ZSTD_isError(result) == 0 && result == Int(size)
      case .zlib:
        var length = uLongf(size)
        let result = uncompress(
          memory.baseAddress, &length, bytes.bindMemory(to: UInt8.self).baseAddress, uLong(bytes.count))
        isWhole = result == Z_OK && length == uLongf(size)
      }
      if isWhole { count = Int(size) }
    }
    return isWhole ? output : nil
  }
}

/// A zstd stream that comes in pieces, as perf writes it.
final class ZstdStream {
  private let stream: OpaquePointer

  /// Nil where there is no memory for it.
  init?() {
    guard let stream = ZSTD_createDStream() else { return nil }
    self.stream = stream
    _ = ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, 27)
  }

  deinit { ZSTD_freeDStream(stream) }

  /// Decompresses from `input`, taking off what was used, until `output` is full or there is no more; bytes written, nil
  /// where the input is no such stream.
  func decompress(_ input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? {
    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    while target.pos < target.size {
      let before = (source.pos, target.pos)
      let result = ZSTD_decompressStream(stream, &target, &source)
      guard ZSTD_isError(result) == 0 else { return nil }
      if (source.pos, target.pos) == before || (source.pos == source.size && target.pos < target.size) {
        break
      }
    }
    input = UnsafeRawBufferPointer(rebasing: input[source.pos...])
    return target.pos
  }
}
