/// A system call that a thread waits in, as `/proc/PID/task/TID/syscall` tells it: the number and six arguments, then
/// stack and instruction pointer. A thread that runs has the word `running` there, and one outside any call -1.
struct WaitingCall: Equatable {
  /// Number of the call.
  let number: Int
  /// Its arguments.
  let arguments: [UInt64]

  /// Reads the line; nil for a thread in no call.
  init?(_ line: String) {
    let words = line.split(separator: " ")
    // A thread of KVM's own in the process (kvm-nx-lpage-recovery, since Linux 6.14) has the call in which it was made,
    // but neither stack nor instruction pointer in user space.
    guard words.count == 9, let number = Int(words[0]), number >= 0, words[7] != "0x0", words[8] != "0x0"
    else { return nil }
    let arguments = words[1...6].compactMap { word in
      word.hasPrefix("0x") ? UInt64(word.dropFirst(2), radix: 16) : nil
    }
    guard arguments.count == 6 else { return nil }
    self.number = number
    self.arguments = arguments
  }

  /// `ioctl` of x86-64 (arch/x86/entry/syscalls/syscall_64.tbl).
  static let ioctl = 16
  /// `KVM_RUN`, `_IO(0xAE, 0x80)` (include/uapi/linux/kvm.h).
  static let run: UInt64 = 0xae80

  /// The descriptor of the vCPU that the thread runs; nil where it is in another call.
  var vcpuDescriptor: Int32? {
    number == Self.ioctl && arguments[1] == Self.run ? Int32(exactly: arguments[0]) : nil
  }
}
