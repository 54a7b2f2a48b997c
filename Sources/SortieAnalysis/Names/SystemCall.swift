/// A system call that a thread of the machine monitor makes.
public struct SystemCall: Hashable, Sendable {
  /// Its number on x86-64.
  public let number: UInt64
  /// What `ioctl` asks for; 0 of other calls.
  public let request: UInt64

  /// A call by its number and its second argument, which only counts for `ioctl`.
  init(number: UInt64, secondArgument: UInt64) {
    self.number = number
    // The kernel reads 32 bits of it.
    request = number == Self.ioctl ? secondArgument & 0xffff_ffff : 0
  }

  private static let ioctl: UInt64 = 16
  /// `KVM_RUN` of `linux/kvm.h`.
  private static let run: UInt64 = 0xae80

  /// It enters the guest.
  var isRun: Bool { number == Self.ioctl && request == Self.run }

  /// Its name: `ppoll`, `ioctl KVM_IRQ_LINE`; the number where it has none.
  public var text: String {
    guard number == Self.ioctl else { return SystemCallName.name(of: number) ?? "call \(number)" }
    return "ioctl " + (KVMRequestName.name(of: request) ?? hexadecimal(request))
  }
}
