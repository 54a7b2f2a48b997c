import SortieDevices
import Synchronization

/// A clock that stands until a test moves it, with timers that fire on the way.
final class ManualTime: DeviceClock, TimerService {
  private struct State {
    var now: UInt64
    var wallOffset: Int64
    var timers: [ManualTimer] = []
  }
  private let state: Mutex<State>

  /// A clock that shows `now`, and a wall clock that shows `wall` seconds since 1970 then.
  init(now: UInt64 = 5_000_000_000, wall: Int64 = 0) {
    state = Mutex(State(now: now, wallOffset: wall &* 1_000_000_000 &- Int64(bitPattern: now)))
  }

  var clock: any DeviceClock { self }
  var monotonicNanoseconds: UInt64 { state.withLock { $0.now } }
  var wallNanoseconds: Int64 { state.withLock { Int64(bitPattern: $0.now) &+ $0.wallOffset } }

  func makeTimer() -> any DeviceTimer {
    let timer = ManualTimer()
    state.withLock { $0.timers.append(timer) }
    return timer
  }

  /// The next deadline.
  var deadline: UInt64? { state.withLock { $0.timers.compactMap(\.deadline).min() } }

  /// Moves the clock, stopping at each deadline to call its device.
  ///
  /// - Returns: how many calls there were.
  @discardableResult
  func advance(by nanoseconds: UInt64) -> Int {
    let end = monotonicNanoseconds + nanoseconds
    var calls = 0
    while let next = state.withLock({ state in state.timers.filter { ($0.deadline ?? .max) <= end } })
      .min(by: { $0.deadline ?? .max < $1.deadline ?? .max })
    {
      let deadline = next.deadline ?? end
      state.withLock { $0.now = max($0.now, deadline) }
      next.fire()
      calls += 1
    }
    state.withLock { $0.now = end }
    return calls
  }

  /// Moves the clock while no timer is served, as when the host is late.
  func skip(_ nanoseconds: UInt64) { state.withLock { $0.now += nanoseconds } }
}

final class ManualTimer: DeviceTimer {
  private struct State {
    weak var device: (any TimedDevice)?
    var deadline: UInt64?
  }
  private let state = Mutex(State())

  var deadline: UInt64? { state.withLock { $0.deadline } }
  func connect(to device: any TimedDevice) { state.withLock { $0.device = device } }
  func arm(at deadline: UInt64) { state.withLock { $0.deadline = deadline } }
  func disarm() { state.withLock { $0.deadline = nil } }

  func fire() {
    let device = state.withLock {
      $0.deadline = nil
      return $0.device
    }
    device?.timerFired()
  }
}
