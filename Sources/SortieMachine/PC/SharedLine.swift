internal import SortieDevices
internal import Synchronization

/// An interrupt line that several devices share: it is high while any of them drives it (PCI Local Bus Specification 3.0,
/// section 2.2.6).
final class SharedLine: Sendable {
  private let line: any InterruptLine
  private let drivers = Mutex<UInt64>(0)
  private let driverCount = Mutex(0)

  init(_ line: any InterruptLine) { self.line = line }

  /// A driver's end of it; at most 64.
  func makeDriver() -> any InterruptLine {
    let index = driverCount.withLock { count in
      defer { count += 1 }
      return count
    }
    precondition(index < 64)
    return Driver(shared: self, bit: 1 << UInt64(index))
  }

  private func set(_ bit: UInt64, level: Bool) {
    drivers.withLock { drivers in
      let before = drivers
      if level { drivers |= bit } else { drivers &= ~bit }
      if (before != 0) != (drivers != 0) { line.set(level: drivers != 0) }
    }
  }

  private final class Driver: InterruptLine {
    private let shared: SharedLine
    private let bit: UInt64

    init(shared: SharedLine, bit: UInt64) {
      self.shared = shared
      self.bit = bit
    }

    func set(level: Bool) { shared.set(bit, level: level) }
  }
}
