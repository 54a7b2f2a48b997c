internal import CLinuxKVM
import Glibc
public import SortieKVM

/// Tells whether this KVM runs guest code on the processor or interprets it.
///
/// A counted `dec; jnz` loop takes one to a few cycles an iteration on a processor and thousands under an interpreter;
/// a hypervisor below and its interrupts can lengthen one run, so the shortest of several counts.
public struct GuestCodeProbe: Sendable {
  /// Guest cycles of one iteration of the loop.
  public let cyclesPerIteration: Double
  /// Guest TSC frequency, kHz (KVM_GET_TSC_KHZ); nil where KVM does not know it.
  public let tscKHz: UInt64?

  /// Above this many cycles an iteration, nothing else explains it.
  public static let threshold = 100.0

  /// KVM interprets guest code.
  public var emulatesGuestCode: Bool { cyclesPerIteration > Self.threshold }

  private static let iterations = 300
  private static let runs = 5
  private static let codeAddress: UInt64 = 0x100000
  /// The loop, 64-bit code: each turn reports its cycles by `out %eax, %dx` and starts again.
  private static let code: [UInt8] = [
    0x0f, 0x31,  // rdtsc
    0x89, 0xc3,  // mov %eax, %ebx
    0xb9, UInt8(iterations & 0xff), UInt8(iterations >> 8), 0, 0,  // mov $iterations, %ecx
    0xff, 0xc9,  // 1: dec %ecx
    0x75, 0xfc,  // jnz 1b
    0x0f, 0x31,  // rdtsc
    0x29, 0xd8,  // sub %ebx, %eax
    0x66, 0xba, 0xe0, 0x00,  // mov $0xe0, %dx
    0xef,  // out %eax, %dx
    0xeb, 0xe8,  // jmp to the start
  ]

  /// Runs the loop in a virtual machine of its own: some milliseconds where it is interpreted.
  ///
  /// - Throws: ``MachineError`` when a virtual machine cannot be made or does not do what the code says.
  public init(_ system: borrowing KVMSystem) throws(MachineError) {
    let memory = try GuestMemory(lowBytes: 2 << 20)
    try LongMode.writeTables(to: memory)
    try memory.bytes(at: Self.codeAddress, count: UInt64(Self.code.count)).copyBytes(from: Self.code)
    var shortest = UInt32.max
    var frequency: UInt32?
    do throws(KVMError) {
      let vm = try system.makeVM()
      try vm.setMemory(slot: 0, guestPhysical: 0, host: memory.base, size: memory.byteCount)
      let vcpu = try vm.makeVCPU(id: 0)
      try vcpu.setCPUID(try system.supportedCPUID())
      try LongMode.enter(vcpu, at: Self.codeAddress)
      frequency = try? vcpu.tscKHz()
      var done = 0
      while done < Self.runs {
        let error = vcpu.run()
        if error == EINTR { continue }
        guard error == 0, case .io(let io) = vcpu.exit, io.isWrite, io.width == 4 else {
          throw KVMError(
            operation: "KVM_RUN", errno: error,
            hint: "the loop that times guest code left with \(vcpu.exitReason) instead of a port write")
        }
        shortest = min(shortest, io.value)
        done += 1
      }
    } catch {
      throw .kvm(error)
    }
    tscKHz = frequency.flatMap { $0 == 0 ? nil : UInt64($0) }
    cyclesPerIteration = Double(shortest) / Double(Self.iterations)
  }
}
