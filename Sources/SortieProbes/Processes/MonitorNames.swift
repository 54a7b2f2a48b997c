/// What machine monitors call their vCPU threads and their VMs.
enum MonitorNames {
  /// What stands before and behind the number of a vCPU in the name of its thread (`comm`, 15 characters).
  private static let threadNames = [
    // QEMU with debug-threads=on, as libvirt asks for (accel/kvm/kvm-accel-ops.c).
    ("CPU ", "/KVM"),
    // Firecracker.
    ("fc_vcpu ", ""),
    // Cloud Hypervisor.
    ("vcpu", ""),
    // crosvm.
    ("crosvm_vcpu", ""),
    // kvmtool.
    ("kvm-vcpu-", ""),
  ]

  /// The vCPU that a thread of this name runs; nil where the name does not say.
  static func vcpu(ofThread name: String) -> UInt32? {
    for (prefix, suffix) in threadNames where name.hasPrefix(prefix) && name.hasSuffix(suffix) {
      let digits = name.dropFirst(prefix.count).dropLast(suffix.count)
      if digits.first?.isNumber == true, let number = UInt32(digits) { return number }
    }
    return nil
  }

  /// The name that the command line gives a VM: `-name guest=web1,debug-threads=on` of QEMU, which is how libvirt passes
  /// the domain's, `--id` of Firecracker, `--name` of kvmtool and crosvm; nil where there is none.
  static func name(in arguments: [String]) -> String? {
    guard let program = arguments.first?.split(separator: "/").last else { return nil }
    if program.hasPrefix("qemu") || program == "kvm" {
      return (value(of: "-name", arguments) ?? value(of: "--name", arguments)).flatMap(qemuName)
    }
    if program.hasPrefix("firecracker") || program.hasPrefix("jailer") { return value(of: "--id", arguments) }
    return value(of: "--name", arguments)
  }

  /// The value behind an option, or behind its `=`; nil where it is not given or empty.
  private static func value(of option: String, _ arguments: [String]) -> String? {
    for (index, argument) in arguments.enumerated().dropFirst() {
      let found =
        argument == option && index + 1 < arguments.count
        ? arguments[index + 1]
        : argument.hasPrefix(option + "=") ? String(argument.dropFirst(option.count + 1)) : nil
      if let found, !found.isEmpty { return found }
    }
    return nil
  }

  /// The guest's name of QEMU's `-name [guest=]name[,key=value…]`; a comma in it stands twice.
  private static func qemuName(_ text: String) -> String? {
    var items = [""]
    var rest = text[...]
    while let character = rest.popFirst() {
      if character == ",", rest.first == "," {
        rest.removeFirst()
        items[items.count - 1].append(",")
      } else if character == "," {
        items.append("")
      } else {
        items[items.count - 1].append(character)
      }
    }
    if let guest = items.first(where: { $0.hasPrefix("guest=") }) { return String(guest.dropFirst(6)) }
    return items[0].contains("=") || items[0].isEmpty ? nil : items[0]
  }
}
