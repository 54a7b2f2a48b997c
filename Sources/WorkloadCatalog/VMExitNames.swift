/// The names under which kvm-unit-tests' `vmexit` measures the same operations, so that people find theirs
/// (kvm-unit-tests, x86/vmexit.c).
public enum VMExitNames {
  /// Its names, in its order, and the workload that performs the operation.
  public static let all: [(name: String, workload: String)] = [
    ("cpuid", "cpuid"), ("vmcall", "hypercall"), ("mov_to_cr8", "apic-tpr-cr8"),
    ("inl_from_qemu", "pio-read"),
    ("outl_to_kernel", "pio-pit"), ("mov_dr", "dr-write"), ("tscdeadline", "tsc-deadline"),
    ("x2apic_self_ipi_sti_nop", "apic-self-ipi"), ("ipi", "ipi"), ("ipi_halt", "ipi-halt"),
    ("ple_round_robin", "pause-loop"), ("mmio-no-eventfd:pci-mem", "mmio-write"),
    ("mmio-datamatch-eventfd:pci-mem", "mmio-ioeventfd"), ("portio-no-eventfd:pci-io", "pio-write"),
    ("portio-datamatch-eventfd:pci-io", "pio-ioeventfd"),
  ]

  /// The workload that this name stands for; nil where it is none of them.
  static func workload(_ name: String) -> String? { all.first { $0.name == name }?.workload }

  /// The names of a workload.
  public static func names(of workload: String) -> [String] {
    all.filter { $0.workload == workload && $0.name != workload }.map(\.name)
  }
}
