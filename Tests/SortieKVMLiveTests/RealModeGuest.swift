import CLinuxKVM
import Glibc
import SortieKVM
import Testing

/// A VM with one page of code at 0x1000 and 16 pages of memory in all, its vCPU in real mode at the code.
struct RealModeGuest: ~Copyable {
  static let codeAddress: UInt64 = 0x1000
  static let memorySize = 16 * 4096

  let machine: VirtualMachine
  let vcpu: VCPU
  let memory: UnsafeMutableRawPointer

  /// - Parameter prepare: called before the vCPU exists, for the irqchip.
  init(
    _ code: [UInt8],
    prepare: (borrowing VirtualMachine) throws(KVMError) -> Void = { (_) throws(KVMError) in }
  ) throws {
    try #require(code.count <= 4096)
    try #require(sortie_install_kick_handler() == 0)
    let system = try KVMSystem()
    let made = try system.makeVM()
    try prepare(made)
    let mapped = mmap(
      nil, RealModeGuest.memorySize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    let memory = try #require(mapped == MAP_FAILED ? nil : mapped)
    (memory + Int(RealModeGuest.codeAddress)).copyMemory(from: code, byteCount: code.count)
    try made.setMemory(
      slot: 0, guestPhysical: 0, host: memory, size: UInt64(RealModeGuest.memorySize))
    let cpu = try made.makeVCPU(id: 0)
    try cpu.setCPUID(system.supportedCPUID(), apicID: 0)
    var special = try cpu.specialRegisters()
    special.cs.base = 0
    special.cs.selector = 0
    try cpu.setSpecialRegisters(special)
    var registers = Registers()
    registers.rip = RealModeGuest.codeAddress
    registers.rsp = 0x8000
    try cpu.setRegisters(registers)
    machine = made
    vcpu = cpu
    self.memory = memory
  }

  deinit { munmap(memory, RealModeGuest.memorySize) }

  /// One KVM_RUN, which a watchdog ends after `seconds` at the latest.
  ///
  /// - Returns: what `VCPU.run` gives: EINTR after a kick.
  borrowing func run(seconds: Double = 5) throws -> Int32 {
    try #require(sortie_unblock_kick() == 0)
    let watchdog = try Watchdog(kicker: vcpu.kicker, thread: sortie_thread_id(), seconds: seconds)
    let result = vcpu.run()
    watchdog.stop()
    return result
  }

  /// One KVM_RUN that must leave with an exit.
  borrowing func runToExit() throws {
    let result = try run()
    try #require(result == 0, "KVM_RUN gave errno \(result), EINTR is the watchdog")
  }
}

/// A thread that kicks a vCPU thread out of KVM_RUN when its time is over. A test's own time limit cannot.
final class Watchdog: @unchecked Sendable {
  // `stopped` is only touched under `mutex`; the rest never changes once the thread runs.
  private let kicker: VCPUKicker
  private let target: Int32
  private let milliseconds: Int
  private var stopped = false
  private var thread = pthread_t()
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>

  init(kicker: VCPUKicker, thread target: Int32, seconds: Double) throws {
    self.kicker = kicker
    self.target = target
    milliseconds = Int(seconds * 1000)
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
    let context = Unmanaged.passUnretained(self).toOpaque()
    let error = sortie_thread_start(
      &thread, -1,
      { context in
        guard let context else { return nil }
        Unmanaged<Watchdog>.fromOpaque(context).takeUnretainedValue().watch()
        return nil
      }, context)
    try #require(error == 0)
  }

  private func watch() {
    var waited = 0
    while !isStopped {
      usleep(1000)
      waited += 1
      // Once: real-time signals queue, and the flag stays set for the thread's next entry.
      if waited == milliseconds { kicker.kick(thread: target) }
    }
  }

  private var isStopped: Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return stopped
  }

  func stop() {
    pthread_mutex_lock(mutex)
    stopped = true
    pthread_mutex_unlock(mutex)
    _ = sortie_thread_join(thread)
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }
}
