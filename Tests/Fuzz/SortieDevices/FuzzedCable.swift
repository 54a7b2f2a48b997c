/// A frame from the network, of which the kind says how well it is made.
struct FuzzedFrame {
  /// Bytes, longer than a card takes at most.
  let count: Int
  private let kind: UInt8
  private let value: UInt32

  /// - Parameter kind: 0xff is a broadcast of ones; otherwise bits 0 and 1 choose the destination, bit 2 a VLAN tag, bits 3
  ///     and 4 the type, bit 5 UDP, bit 6 a fragment, and bit 7 leaves the length to the value.
  init(count: UInt16, kind: UInt8, value: UInt32) {
    self.count = Int(count % 9100)
    self.kind = kind
    self.value = value
  }

  func write(to buffer: UnsafeMutableRawBufferPointer) {
    buffer[..<count].initializeMemory(as: UInt8.self, repeating: 0xff)
    guard kind != 0xff, count >= 14 else { return }
    let destinations: [[UInt8]] = [
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2], [1, 0, 0, 0, 0, 1],
    ]
    var header = destinations[Int(kind & 3)] + [2, 0, 0, 0, 0, 9]
    let upper = UInt8(truncatingIfNeeded: value >> 24)
    let lower = UInt8(truncatingIfNeeded: value >> 16)
    if kind & 4 != 0 {
      header += [0x81, 0, UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
    }
    let rest = count - header.count - 2
    let length =
      kind & 0x80 == 0
      ? [UInt8(truncatingIfNeeded: rest >> 8), UInt8(truncatingIfNeeded: rest)] : [upper, lower]
    let transport: UInt8 = kind & 0x20 == 0 ? 6 : 17
    switch kind >> 3 & 3 {
    case 1: header += [8, 0, 0x45, 0] + length + [0, 0, (kind & 0x40) >> 1, 0, 64, transport]
    case 2: header += [0x86, 0xdd, 0x60, 0, 0, 0] + length + [transport]
    // Also lengths of headers that do not fit.
    case 3: header += [8, 0, upper, 0] + length + [0, 0, 0, 0, 64, transport]
    default: header += length
    }
    buffer.copyBytes(from: header.prefix(count))
  }
}

/// A network that has room for so many frames, and lets the driver do something while it is asked for one.
final class FuzzedCable: NetBackend, @unchecked Sendable {
  let mtu = 9000
  let pollDescriptor = silentDescriptor
  var isLinkUp = true
  var room = 0
  var waiting: [FuzzedFrame] = []
  var meanwhile: (() -> Void)?

  func updateLink() {}

  private func doMeanwhile() {
    let action = meanwhile
    meanwhile = nil
    action?()
  }

  func receive(into buffer: UnsafeMutableRawBufferPointer) -> NetReception {
    doMeanwhile()
    guard !waiting.isEmpty else { return .nothing }
    let frame = waiting.removeFirst()
    guard frame.count <= buffer.count else { return .oversized }
    frame.write(to: buffer)
    return .frame(frame.count)
  }

  func send(_ frame: UnsafeRawBufferPointer) -> NetTransmission {
    precondition((14...9018).contains(frame.count), "a frame of \(frame.count) bytes")
    // Reads all of it.
    precondition(frame.reduce(0 as UInt64) { $0 &+ UInt64($1) } < .max)
    doMeanwhile()
    guard room > 0 else { return .full }
    room -= 1
    return .sent
  }
}
