/// Input: 32 bytes of changes, the last of which chooses between balloon and entropy, then the guest's memory with its
/// queue.
func fuzzVirtioBalloon(_ bytes: UnsafeRawBufferPointer) {
  guard bytes.count > 32 else { return }
  let rings = FuzzedRings(bytes)
  let balloon = BalloonMemory(memory: rings.memory)
  let isEntropy = bytes[31] & 1 != 0
  rings.serve(bytes, features: [.indirectDescriptors, .eventIndex]) { (chain) throws(VirtioFault) in
    guard isEntropy else {
      try balloon.release(&chain, queue: 0)
      return 0
    }
    let room = chain.writableByteCount
    let written = try VirtioEntropy.fill(&chain)
    precondition(Int(written) == min(room, VirtioEntropy.requestLimit))
    return written
  }
}
