/// Input: 32 bytes of changes, then the guest's memory with its queue. Each chain is read and written to its ends.
func fuzzVirtqueue(_ bytes: UnsafeRawBufferPointer) {
  guard bytes.count > 32 else { return }
  let rings = FuzzedRings(bytes)
  rings.serve(bytes, features: [.indirectDescriptors, .eventIndex]) { chain in
    var header: UInt64 = 0
    let before = chain.readableByteCount
    let count = withUnsafeMutableBytes(of: &header) { chain.read(into: $0) }
    precondition(count == min(8, before) && chain.readableByteCount == before - count)
    let room = chain.writableByteCount
    if let last = chain.removeLastWritable() {
      last.pointee = 0x5a
      precondition(chain.writableByteCount == room - 1)
    }
    let written = withUnsafeBytes(of: header) { chain.write($0) }
    precondition(written == min(8, max(0, room - 1)))
    return UInt32(written)
  }
}
