internal import CLinuxKVM
import Glibc
internal import SystemPackage

/// What the kernel's scheduler has counted of a thread so far: one reading of `/proc/thread-self/schedstat`
/// (Documentation/scheduler/sched-stats.rst).
public struct SchedulerReading: Sendable, Equatable {
  /// Host TSC at which it was taken, cycles.
  public var tsc: UInt64
  /// Time on a CPU, ns.
  public var onCPU: UInt64
  /// Time waiting for a CPU, able to run, ns.
  public var runDelay: UInt64
  /// Times it was given a CPU.
  public var timeslices: UInt64
}

/// A thread's own account with the scheduler, read around its run.
///
/// Used on that thread only: the file is of whoever opens it. Reading allocates nothing.
struct SchedulerAccount: ~Copyable {
  private static let path = "/proc/thread-self/schedstat"
  /// Three decimal numbers of 64 bits, and what stands between them.
  private static let bufferBytes = 3 * 20 + 4
  /// A reading during which the thread lost its CPU is far off its stamp; of so many, the quickest is taken.
  private static let attempts = 4

  private let descriptor: Int32
  private let buffer: UnsafeMutableRawBufferPointer
  /// Why there is none; nil while there is.
  private(set) var obstacle: Errno?

  /// Opens the account of the calling thread.
  init() {
    descriptor = open(Self.path, O_RDONLY | O_CLOEXEC)
    obstacle = descriptor < 0 ? Errno(rawValue: errno) : nil
    buffer = .allocate(byteCount: Self.bufferBytes, alignment: 8)
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    buffer.deallocate()
  }

  /// What the scheduler has counted up to now; nil where it does not say, for the reason in ``obstacle``.
  mutating func read() -> SchedulerReading? {
    guard obstacle == nil else { return nil }
    var best: (length: UInt64, reading: SchedulerReading)?
    for _ in 0..<Self.attempts {
      let start = sortie_rdtsc()
      // The file gives the time on the CPU as of the last tick or switch; asking for the thread's own clock brings it up
      // to now (task_sched_runtime, kernel/sched/core.c).
      var now = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
      let tsc = sortie_rdtsc()
      let count = pread(descriptor, buffer.baseAddress, buffer.count, 0)
      guard count > 0 else {
        obstacle = Errno(rawValue: count < 0 ? errno : EIO)
        return nil
      }
      let length = sortie_rdtsc() &- start
      guard let reading = Self.parse(UnsafeRawBufferPointer(rebasing: buffer[..<count]), tsc: tsc) else {
        obstacle = .badMessage
        return nil
      }
      if best.map({ length < $0.length }) ?? true { best = (length, reading) }
    }
    return best?.reading
  }

  /// Three decimal numbers; nil of anything else.
  static func parse(_ text: UnsafeRawBufferPointer, tsc: UInt64) -> SchedulerReading? {
    var position = 0
    func number() -> UInt64? {
      while position < text.count, text[position] == UInt8(ascii: " ") { position += 1 }
      var value: UInt64 = 0
      let start = position
      while position < text.count, case let digit = text[position] &- UInt8(ascii: "0"), digit < 10 {
        let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, carry) = tens.addingReportingOverflow(UInt64(digit))
        guard !overflow, !carry else { return nil }
        value = sum
        position += 1
      }
      return position > start ? value : nil
    }
    guard let onCPU = number(), let runDelay = number(), let timeslices = number(),
      position == text.count || text[position] == UInt8(ascii: "\n")
    else { return nil }
    return SchedulerReading(tsc: tsc, onCPU: onCPU, runDelay: runDelay, timeslices: timeslices)
  }
}
