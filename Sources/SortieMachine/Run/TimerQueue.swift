import Glibc
internal import SortieDevices

/// The deadlines of a machine's devices, and the wait for the first of them.
///
/// Its own mutex, because a wait for a deadline needs a condition variable; it guards all that is mutable here and in
/// the timers.
final class TimerQueue: @unchecked Sendable {
  /// A deadline among the others of its queue.
  final class Timer: DeviceTimer, @unchecked Sendable {
    private let queue: TimerQueue
    fileprivate weak var device: (any TimedDevice)?
    /// Nanoseconds of the queue's clock; the last moment stands for none.
    fileprivate var deadline = UInt64.max

    fileprivate init(queue: TimerQueue) { self.queue = queue }

    func connect(to device: any TimedDevice) { queue.locked { self.device = device } }
    func arm(at deadline: UInt64) { queue.set(self, to: deadline) }
    func disarm() { queue.set(self, to: .max) }
  }

  let clock: any DeviceClock

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var timers: [Timer] = []
  private var wakeTime: UInt64 = 0
  private var isClosed = false

  init(clock: any DeviceClock) {
    self.clock = clock
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(changed, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  func makeTimer() -> Timer {
    let timer = Timer(queue: self)
    locked { if !isClosed { timers.append(timer) } }
    return timer
  }

  /// Ends ``serve()``. Timers may still be set, to no effect.
  func close() {
    locked {
      isClosed = true
      // They keep the queue alive, and it them.
      timers = []
      pthread_cond_signal(changed)
    }
  }

  /// Calls each device at its deadline, the earliest first, until the queue is closed.
  func serve() {
    while let timer = locked({ nextDue() }) { timer.device?.timerFired() }
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  private func set(_ timer: Timer, to deadline: UInt64) {
    locked {
      timer.deadline = deadline
      // Who waits for longer than that must wake; an earlier wake finds the new deadline by itself.
      if deadline < wakeTime { pthread_cond_signal(changed) }
    }
  }

  /// Waits, with the mutex held, for a timer that is due, and takes its deadline; nil once the queue is closed.
  private func nextDue() -> Timer? {
    while !isClosed {
      let first = timers.min { $0.deadline < $1.deadline }
      wakeTime = first?.deadline ?? .max
      if wakeTime == .max {
        pthread_cond_wait(changed, mutex)
      } else if let first, wakeTime <= clock.monotonicNanoseconds {
        first.deadline = .max
        // Nobody needs to wake who looks at all deadlines before the next wait.
        wakeTime = 0
        return first
      } else {
        var time = timespec(
          tv_sec: Int(wakeTime / 1_000_000_000), tv_nsec: Int(wakeTime % 1_000_000_000))
        pthread_cond_timedwait(changed, mutex, &time)
      }
    }
    return nil
  }
}
