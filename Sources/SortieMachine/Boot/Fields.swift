/// Little-endian fields of headers and tables in bytes.
extension [UInt8] {
  /// The field at `offset`, all of which lies in the bytes.
  func field<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, at offset: Int) -> T {
    withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type)) }
  }

  /// Appends a field.
  mutating func append<T: FixedWidthInteger & BitwiseCopyable>(field value: T) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
