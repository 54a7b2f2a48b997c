import SortieDevices

/// Input: a byte of features (bit 1 event index, bit 2 indirect), then four bytes each: an operation, an index, a value
/// of 16 bits.
func fuzzVirtioConsole(_ bytes: UnsafeRawBufferPointer) {
  guard let flags = bytes.first else { return }
  var features: VirtioFeatures = []
  if flags & 2 != 0 { features.insert(.eventIndex) }
  if flags & 4 != 0 { features.insert(.indirectDescriptors) }
  let guest = FuzzedGuest()
  defer { withExtendedLifetime(guest) {} }
  let terminal = FuzzedTerminal()
  let console = VirtioConsole(
    name: "console0", backend: terminal, memory: guest.memory, thread: FuzzedGuest.thread)
  let receive = guest.server(guest.queue(0, features: features)) { chain throws(VirtioFault) in
    try console.fill(&chain)
  }
  let transmit = guest.server(guest.queue(1, features: features)) { console.send(&$0) }

  var offset = 1
  while offset + 4 <= bytes.count {
    let index = bytes[offset + 1]
    let value = bytes.loadUnaligned(fromByteOffset: offset + 2, as: UInt16.self)
    switch bytes[offset] & 7 {
    case 0: receive.serve()
    case 1: transmit.serve()
    case 2:
      let input = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + 4])
      precondition(console.receive(input) <= 4)
      receive.resume()
    case 3:
      terminal.room = Int(value)
      transmit.resume()
    case 4:
      withUnsafeTemporaryAllocation(byteCount: Int(index & 15), alignment: 1) { part in
        console.readConfiguration(offset: Int(value) - 8, into: part)
      }
      console.writeConfiguration(
        offset: Int(value & 15), from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + 2]))
    default: guest.store(value, at: index)
    }
    offset += 4
  }
}

private final class FuzzedTerminal: SerialBackend, @unchecked Sendable {
  var room = 0

  func transmit(_ byte: UInt8) -> Bool {
    guard room > 0 else { return false }
    room -= 1
    return true
  }

  func receiveReady() {}
}
