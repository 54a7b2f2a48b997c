import SortieDevices
import Synchronization
import Testing

@testable import SortieMachine

/// A device that counts its calls and notes when they came.
private final class CallRecorder: TimedDevice {
  private let clock: any DeviceClock
  private let calls = Mutex<[UInt64]>([])
  let timer: any DeviceTimer
  // Called with each call, with no lock held.
  private let onCall: @Sendable (CallRecorder) -> Void

  init(_ thread: TimerThread, onCall: @escaping @Sendable (CallRecorder) -> Void = { _ in }) {
    clock = thread.clock
    timer = thread.makeTimer()
    self.onCall = onCall
    timer.connect(to: self)
  }

  var times: [UInt64] { calls.withLock { $0 } }

  func timerFired() {
    let now = clock.monotonicNanoseconds
    calls.withLock { $0.append(now) }
    onCall(self)
  }

  func waitForCalls(_ count: Int) async throws {
    for _ in 0..<2_000 where times.count < count { try await Task.sleep(for: .milliseconds(5)) }
    #expect(times.count >= count)
  }
}

@Suite struct TimerThreadTests {
  private static let millisecond: UInt64 = 1_000_000

  @Test func aTimerFiresOnceAndNotBeforeItsDeadline() async throws {
    let thread = try TimerThread()
    let device = CallRecorder(thread)
    let deadline = thread.clock.monotonicNanoseconds + 5 * Self.millisecond
    device.timer.arm(at: deadline)
    try await device.waitForCalls(1)
    try await Task.sleep(for: .milliseconds(20))
    #expect(device.times.count == 1)
    #expect(device.times.allSatisfy { $0 >= deadline })
    thread.stop()
  }

  @Test func aNewDeadlineTakesThePlaceOfTheLast() async throws {
    let thread = try TimerThread()
    let device = CallRecorder(thread)
    let start = thread.clock.monotonicNanoseconds
    device.timer.arm(at: start + 3_600_000 * Self.millisecond)
    device.timer.arm(at: start + Self.millisecond)
    try await device.waitForCalls(1)
    let deadline = thread.clock.monotonicNanoseconds + 250 * Self.millisecond
    device.timer.arm(at: deadline - 50 * Self.millisecond)
    device.timer.arm(at: deadline)
    try await device.waitForCalls(2)
    #expect(device.times[1] >= deadline)
    thread.stop()
  }

  @Test func aDisarmedTimerDoesNotFire() async throws {
    let thread = try TimerThread()
    let device = CallRecorder(thread)
    let other = CallRecorder(thread)
    let start = thread.clock.monotonicNanoseconds
    device.timer.arm(at: start + 200 * Self.millisecond)
    device.timer.disarm()
    other.timer.arm(at: start + 210 * Self.millisecond)
    try await other.waitForCalls(1)
    #expect(device.times.isEmpty)
    thread.stop()
  }

  @Test func aDeviceMaySetItsTimerWhenItIsCalled() async throws {
    let thread = try TimerThread()
    let clock = thread.clock
    let device = CallRecorder(thread) { $0.timer.arm(at: clock.monotonicNanoseconds + Self.millisecond) }
    device.timer.arm(at: 0)
    try await device.waitForCalls(5)
    thread.stop()
    let count = device.times.count
    device.timer.arm(at: 0)
    try await Task.sleep(for: .milliseconds(20))
    #expect(device.times.count == count, "no timer fires after the stop")
  }

  @Test func aTimerDoesNotKeepItsDeviceAlive() async throws {
    let thread = try TimerThread()
    var device: CallRecorder? = CallRecorder(thread)
    weak let reference = device
    device?.timer.arm(at: thread.clock.monotonicNanoseconds + Self.millisecond)
    device = nil
    #expect(reference == nil)
    let other = CallRecorder(thread)
    other.timer.arm(at: thread.clock.monotonicNanoseconds + 5 * Self.millisecond)
    try await other.waitForCalls(1)
    thread.stop()
  }

  @Test func theQueueGoesWithItsThread() throws {
    weak var queue: TimerQueue?
    do {
      let own = TimerQueue(clock: HostClock())
      queue = own
      _ = own.makeTimer()
      own.close()
    }
    #expect(queue == nil)
  }

  @Test func theWallClockTellsTheTimeOfDay() {
    // 1 November 2025: the clock of a machine that builds this is later.
    #expect(HostClock().wallNanoseconds / 1_000_000_000 > 1_761_955_200)
  }
}
