import SortieDevices
import Testing

/// Accesses of any size, at any offset, with any value.
enum HostileGuest {
  static func bytes(_ random: inout RandomSource) -> [UInt8] {
    (0..<Int.random(in: 0...9, using: &random)).map { _ in .random(in: 0...255, using: &random) }
  }

  /// One access, most often to one of the `registers`; what a write asks of the machine.
  static func access(
    _ device: any Device, _ random: inout RandomSource, registers: Range<UInt64> = 0..<10
  ) -> DeviceEffect {
    let offset: UInt64 =
      switch Int.random(in: 0..<10, using: &random) {
      case 0: .random(in: 0...(.max), using: &random)
      case 1: .max - .random(in: 0..<16, using: &random)
      default: .random(in: registers, using: &random)
      }
    let bytes = bytes(&random)
    let elementSize = Int.random(in: -1...9, using: &random)
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return device.write(offset, bytes)
    case 1: return device.writeString(offset, elementSize: elementSize, bytes)
    case 2: #expect(device.read(offset, count: bytes.count).count == bytes.count)
    default: _ = device.readString(offset, elementSize: elementSize, count: bytes.count)
    }
    return .none
  }
}
