import SortieKVM
import SortieMachine
import SortieProbes

/// What this host's KVM means for figures taken with it.
enum KVMFindings {
  /// The findings, and what was learnt on the way in `host`.
  static func all(_ system: borrowing KVMSystem, host: inout HostDescription) -> [Finding] {
    [
      Finding("KVM", .good, "/dev/kvm, API 12", "guests run in sortie's own machine monitor"),
      guestCode(system, &host),
      nesting(host), vendor(host),
    ] + mechanisms(system)
  }

  private static func guestCode(_ system: borrowing KVMSystem, _ host: inout HostDescription) -> Finding {
    let topic = "guest code"
    do {
      let probe = try GuestCodeProbe(system)
      host.note(probe)
      let loop = "\(Int(probe.cyclesPerIteration.rounded())) cycles per iteration of a counted loop"
      if probe.emulatesGuestCode {
        return Finding(
          topic, .caution, "emulated: \(loop)",
          "this KVM emulates guest code: it has no hardware exits. User-space round trips are real; the hardware's part of "
            + "an exit does not exist, light exits are only seen by guest stamps, hypercalls and Linux guests do not run",
          remedy: "for hardware exits use a host with VMX or SVM")
      }
      return Finding(topic, .good, "run by the processor: \(loop)", "exits are the hardware's")
    } catch {
      return Finding(topic, .missing, "cannot be run", "\(error)")
    }
  }

  private static func nesting(_ host: HostDescription) -> Finding {
    switch host[.nested] {
    case "true" where host[.hypervisor] == "TCGTCGTCGTCG":
      Finding(
        "nesting", .caution, "this host is emulated by QEMU (TCG)",
        "exits, their counts and their order are real; cycles are the emulator's and say nothing about cost",
        remedy: "for cycles use a host with hardware virtualization")
    case "true":
      Finding(
        "nesting", .caution, "this host is a virtual machine",
        "each exit may cost exits to the hypervisor below; cycles do not compare with bare metal",
        remedy: "for bare-metal figures use a bare-metal host")
    case "false": Finding("nesting", .good, "bare metal", "no hypervisor below takes part in an exit")
    default: Finding("nesting", .unknown, "unknown", "/proc/cpuinfo has no flags")
    }
  }

  private static func vendor(_ host: HostDescription) -> Finding {
    guard let module = host[.kvmVendorModule] else {
      return Finding("KVM module", .unknown, "none visible", "KVM is built in, or /sys/module is hidden")
    }
    return Finding(
      "KVM module", .good, module,
      host[.kvmParameters] == nil
        ? "its parameters are not visible" : "its parameters are kept in every trace")
  }

  private static func mechanisms(_ system: borrowing KVMSystem) -> [Finding] {
    needs.map { need in
      let value = system.capability(need.capability)
      return value > 0
        ? Finding(need.capability.name, .good, "\(value)", need.purpose)
        : Finding(
          need.capability.name, .missing, "0", "cannot be had: \(need.purpose)",
          remedy: need.capability == .tscControl ? "needs a processor with TSC scaling" : "use a newer kernel"
        )
    }
  }

  private static let needs: [(capability: KVMCapability, purpose: String)] = [
    (.irqchip, "interrupt controllers inside the kernel: APIC exits stay light"),
    (.immediateExit, "a vCPU is stopped without a race"),
    (.syncRegisters, "RIP of each exit from shared memory, without a system call"),
    (.ioeventfd, "writes that signal an eventfd inside the kernel"),
    (.irqfd, "interrupts from an eventfd"),
    (.coalescedMMIO, "MMIO writes gathered in a ring"),
    (.coalescedPIO, "port writes gathered in a ring"),
    (.userSpaceMSR, "MSR accesses handed to user space"),
    (.msrFilter, "a choice of which MSRs are handed over"),
    (.tscDeadlineTimer, "the guest's TSC deadline timer"),
    (.vcpuAttributes, "the guest's TSC offset can be read: guest stamps join the timeline"),
    (.tscControl, "the guest's TSC can run at another rate"),
    (.binaryStatistics, "KVM's own counters, to check the trace against"),
    (.dirtyRing, "dirty pages from a ring"),
  ]
}
