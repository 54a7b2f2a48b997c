/// The vectors of MSI-X: what is sent, what is masked, what is pending (PCI Local Bus Specification 3.0,
/// section 6.8.2). The caller serialises.
struct MSIXTable: Sendable {
  // Message control, section 6.8.2.3.
  static let enable: UInt16 = 1 << 15
  static let functionMask: UInt16 = 1 << 14
  static let controlMask = enable | functionMask
  // Vector control, section 6.8.2.9.
  private static let vectorMask: UInt32 = 1

  private static let wordsPerVector = 4
  private static let bytesPerVector = 16

  // Four words a vector: message address, upper address, data, vector control.
  private var words: [UInt32]
  private var pending: [UInt64]
  // What the machine was told last.
  private var routes: [MSIMessage?]
  private(set) var enabled = false
  private var functionMasked = false

  /// A table after reset: every vector is masked.
  init(vectors: Int) {
    words = (0..<vectors * Self.wordsPerVector).map { $0 % Self.wordsPerVector == 3 ? Self.vectorMask : 0 }
    pending = [UInt64](repeating: 0, count: (vectors + 63) / 64)
    routes = [MSIMessage?](repeating: nil, count: vectors)
  }

  /// The guest wrote message control.
  mutating func setControl(_ control: UInt16, _ interrupts: (any FunctionInterrupts)?) {
    let enabled = control & Self.enable != 0
    let functionMasked = control & Self.functionMask != 0
    guard enabled != self.enabled || functionMasked != self.functionMasked else { return }
    self.enabled = enabled
    self.functionMasked = functionMasked
    for vector in routes.indices { update(vector, interrupts) }
  }

  func read(_ part: MSIXLayout.Part, into bytes: UnsafeMutableRawBufferPointer) {
    for index in bytes.indices {
      switch part {
      case .table(let offset): bytes[index] = tableByte(Int(offset) + index)
      case .pendingBits(let offset): bytes[index] = pendingByte(Int(offset) + index)
      }
    }
  }

  /// Only the table can be written. The specification leaves accesses open that are no aligned doubleword or
  /// quadword; here they change the bytes that they cover.
  mutating func write(
    _ part: MSIXLayout.Part, from bytes: UnsafeRawBufferPointer, _ interrupts: (any FunctionInterrupts)?
  ) {
    guard case .table(let start) = part else { return }
    var index = 0
    while index < bytes.count {
      let vector = (Int(start) + index) / Self.bytesPerVector
      guard routes.indices.contains(vector) else { return }
      repeat {
        setTableByte(Int(start) + index, bytes[index])
        index += 1
      } while index < bytes.count && (Int(start) + index) % Self.bytesPerVector != 0
      update(vector, interrupts)
    }
  }

  mutating func raise(_ vector: Int, _ interrupts: (any FunctionInterrupts)?) {
    guard enabled, routes.indices.contains(vector) else { return }
    if isMasked(vector) {
      pending[vector / 64] |= 1 << UInt64(vector % 64)
    } else {
      interrupts?.send(vector: vector)
    }
  }

  private func isMasked(_ vector: Int) -> Bool {
    functionMasked || words[vector * Self.wordsPerVector + 3] & Self.vectorMask != 0
  }

  /// Tells the machine when the vector's route is another, and sends what waited for it.
  private mutating func update(_ vector: Int, _ interrupts: (any FunctionInterrupts)?) {
    let first = vector * Self.wordsPerVector
    let live = enabled && !isMasked(vector)
    let route =
      live
      ? MSIMessage(address: UInt64(words[first + 1]) << 32 | UInt64(words[first]), data: words[first + 2])
      : nil
    if route != routes[vector] {
      routes[vector] = route
      interrupts?.route(vector: vector, to: route)
    }
    let bit: UInt64 = 1 << UInt64(vector % 64)
    guard live, pending[vector / 64] & bit != 0 else { return }
    pending[vector / 64] &= ~bit
    interrupts?.send(vector: vector)
  }

  private func tableByte(_ offset: Int) -> UInt8 {
    guard words.indices.contains(offset / 4) else { return 0xff }
    return UInt8(truncatingIfNeeded: words[offset / 4] >> UInt32(offset % 4 * 8))
  }

  private mutating func setTableByte(_ offset: Int, _ value: UInt8) {
    let shift = UInt32(offset % 4 * 8)
    let word = words[offset / 4] & ~(0xff << shift) | UInt32(value) << shift
    let isControl = offset / 4 % Self.wordsPerVector == 3
    words[offset / 4] = isControl ? word & Self.vectorMask : word
  }

  private func pendingByte(_ offset: Int) -> UInt8 {
    guard pending.indices.contains(offset / 8) else { return 0xff }
    return UInt8(truncatingIfNeeded: pending[offset / 8] >> UInt64(offset % 8 * 8))
  }
}
