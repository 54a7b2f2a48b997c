/// Time for devices under fuzzing: it moves when the input says so. libFuzzer calls on one thread.
final class FuzzTime: DeviceClock, TimerService, @unchecked Sendable {
  final class Timer: DeviceTimer, @unchecked Sendable {
    weak var device: (any TimedDevice)?
    var deadline: UInt64?

    func connect(to device: any TimedDevice) { self.device = device }
    func arm(at deadline: UInt64) { self.deadline = deadline }
    func disarm() { deadline = nil }
  }

  private(set) var now: UInt64 = 1_000
  private var timers: [Timer] = []

  var clock: any DeviceClock { self }
  var monotonicNanoseconds: UInt64 { now }
  var wallNanoseconds: Int64 { 1_700_000_000_000_000_000 }

  func makeTimer() -> any DeviceTimer {
    let timer = Timer()
    timers.append(timer)
    return timer
  }

  /// Moves the clock, then serves what is due; a device that it calls must not ask for a moment that has passed.
  func advance(by nanoseconds: UInt64) {
    let (sum, overflow) = now.addingReportingOverflow(nanoseconds)
    now = overflow ? .max : sum
    for timer in timers {
      guard let deadline = timer.deadline, deadline <= now else { continue }
      timer.deadline = nil
      timer.device?.timerFired()
      if let next = timer.deadline { precondition(next > now || now >= 1 << 62, "\(next) at \(now)") }
    }
  }
}

/// A line that insists on being told of changes only.
final class FuzzPin: InterruptLine, @unchecked Sendable {
  private(set) var level = false
  private(set) var edges = 0

  func set(level: Bool) {
    precondition(level != self.level, "the line was \(level) already")
    self.level = level
    if level { edges += 1 }
  }
}

/// Feeds a device from an input of records of four bytes: what to do, an offset, a value and how often.
///
/// - Parameters:
///   - time: moved by some of the records.
///   - offsets: where the device has registers; some records reach beyond.
///   - host: called for records that are an event on the host's side, with the value.
///   - check: called after each record with the effect of a write.
func fuzzDevice(
  _ device: any Device, _ input: UnsafeRawBufferPointer, time: FuzzTime? = nil, offsets: [UInt64],
  host: (UInt8) -> Void = { _ in }, check: (DeviceEffect) -> Void
) {
  var storage: (UInt64, UInt64) = (0, 0)
  var index = 0
  while index + 4 <= input.count {
    let (operation, place, value) = (input[index], input[index + 1], input[index + 2])
    let size = Int(operation >> 4) + 1
    let offset = place == 0xff ? UInt64.max - UInt64(value) : offsets[Int(place) % offsets.count]
    storage.0 = UInt64(value) | UInt64(input[index + 3]) &* 0x0101_0101_0101_0100
    storage.1 = storage.0
    index += 4
    var effect = DeviceEffect.none
    withUnsafeMutableBytes(of: &storage) { buffer in
      let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer[..<size])
      switch operation & 0xf {
      case 0...4: effect = device.write(offset: offset, from: UnsafeRawBufferPointer(bytes))
      case 5...8: device.read(offset: offset, into: bytes)
      case 9: device.readString(offset: offset, elementSize: Int(value & 3), into: bytes)
      case 10:
        effect = device.writeString(
          offset: offset, elementSize: Int(value & 3), from: UnsafeRawBufferPointer(bytes))
      case 11...13: host(value)
      default: time?.advance(by: UInt64(value) << UInt64(place & 0x3f))
      }
    }
    check(effect)
  }
}

/// One byte of a device.
func fuzzRead(_ device: any Device, _ offset: UInt64) -> UInt8 {
  var byte: UInt8 = 0
  withUnsafeMutableBytes(of: &byte) { device.read(offset: offset, into: $0) }
  return byte
}

/// Writes one byte of a device.
func fuzzWrite(_ device: any Device, _ offset: UInt64, _ byte: UInt8) {
  withUnsafeBytes(of: byte) { _ = device.write(offset: offset, from: $0) }
}
