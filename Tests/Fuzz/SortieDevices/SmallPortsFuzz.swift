/// A device of a few registers beside a model of it: each read gives what the model says, each write has the effect that
/// the model says. Input: which device, a byte that some of them are made with, then 4 bytes an access: kind and size of
/// elements, where, how many bytes, and of what value.
func fuzzSmallPorts(_ bytes: UnsafeRawBufferPointer) {
  guard bytes.count >= 2 else { return }
  let model = makeModel(bytes[0], bytes[1])
  for start in stride(from: 2, to: bytes.count - 3, by: 4) {
    let (operation, place, value) = (bytes[start], UInt64(bytes[start + 1]), bytes[start + 3])
    let access = SmallPortAccess(
      // The last ones are the last that there are.
      offset: place < 0xf0 ? place : .max - (0xff - place), count: Int(bytes[start + 2] & 63) + 1,
      elementSize: operation & 2 == 0 ? nil : Int(operation >> 4), value: value)
    if operation & 1 == 0 { access.read(model) } else { access.write(model) }
    model.check()
  }
}

private func makeModel(_ which: UInt8, _ byte: UInt8) -> any SmallPortModel {
  switch which & 7 {
  case 0: LatchModel(byteCount: Int(Int8(bitPattern: byte)))
  case 1: LatchModel(byteCount: 8, behind: byte & 1 == 0 ? UInt64(byte) : .max - UInt64(byte))
  case 2: EdgeModel()
  case 3: StringPortModel()
  case 4: DirtyLogModel()
  case 5: DebugExitModel()
  case 6: ResetControlModel()
  default: ByteRegistersModel(count: byte % 16)
  }
}

/// One access of the guest, by a string instruction if there is an element size.
private struct SmallPortAccess {
  var offset: UInt64
  var count: Int
  var elementSize: Int?
  var value: UInt8

  /// What a device sees one after the other.
  private var elements: [Range<Int>] {
    guard let elementSize else { return [0..<count] }
    return stride(from: 0, to: count, by: max(elementSize, 1)).map {
      $0..<min($0 + max(elementSize, 1), count)
    }
  }

  func read(_ model: any SmallPortModel) {
    let expected = elements.flatMap { model.read(offset, count: $0.count) }
    // A byte that is left as it was shows.
    var bytes = expected.map { ~$0 }
    bytes.withUnsafeMutableBytes { bytes in
      if let elementSize {
        model.device.readString(offset: offset, elementSize: elementSize, into: bytes)
      } else {
        model.device.read(offset: offset, into: bytes)
      }
    }
    precondition(bytes == expected, "\(self) of \(model.device.name) is \(bytes), not \(expected)")
  }

  func write(_ model: any SmallPortModel) {
    let bytes = (0..<count).map { value &+ UInt8($0) &* 7 }
    var expected = DeviceEffect.none
    for element in elements where expected == .none { expected = model.write(offset, Array(bytes[element])) }
    let effect = bytes.withUnsafeBytes { bytes in
      guard let elementSize else { return model.device.write(offset: offset, from: bytes) }
      return model.device.writeString(offset: offset, elementSize: elementSize, from: bytes)
    }
    precondition(effect == expected, "\(self) of \(model.device.name): \(effect), not \(expected)")
  }
}
