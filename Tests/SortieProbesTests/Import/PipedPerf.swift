/// A perf.data as perf would have written it to a pipe (perf.data-file-format.txt, "Pipe-mode data").
enum PipedPerf {
  static func of(_ file: [UInt8]) -> [UInt8] {
    func load(_ offset: Int) -> Int {
      file.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
    }
    let (size, attributes, attributesSize) = (load(16), load(24), load(32))
    let (data, dataSize) = (load(40), load(48))
    var bytes = Array(file.prefix(8)) + little(UInt64(16))
    for start in stride(from: attributes, to: attributes + attributesSize, by: size) {
      let (ids, idsSize) = (load(start + size - 16), load(start + size - 8))
      bytes += record(64, Array(file[start..<start + size - 16]) + file[ids..<ids + idsSize])
    }
    // Tracing data is the first part behind the events.
    let (tracing, tracingSize) = (load(data + dataSize), load(data + dataSize + 8))
    let padded = (tracingSize + 7) & ~7
    bytes += record(66, little(UInt32(tracingSize)))
    bytes += file[tracing..<tracing + tracingSize] + [UInt8](repeating: 0, count: padded - tracingSize)
    return bytes + file[data..<data + dataSize]
  }

  private static func record(_ kind: UInt32, _ body: [UInt8]) -> [UInt8] {
    little(kind) + little(UInt16(0)) + little(UInt16(8 + body.count)) + body
  }

  private static func little(_ value: some FixedWidthInteger & BitwiseCopyable) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
