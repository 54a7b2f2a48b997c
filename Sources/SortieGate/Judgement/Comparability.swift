/// Whether cycles of two runs may be held against each other at all.
public enum Comparability {
  /// Attributes of a host that decide what an exit costs, with their names for people.
  private static let deciding: [(key: String, name: String)] = [
    ("kernel", "kernel"), ("cpu_vendor", "processor's maker"), ("cpu_model", "processor"),
    ("cpu_signature", "processor's signature"), ("microcode", "microcode"), ("nested", "nesting"),
    ("hypervisor", "hypervisor below"), ("kvm_vendor_module", "KVM vendor module"),
    ("kvm_parameters", "KVM's parameters"), ("emulated_guest_code", "execution of guest code"),
    ("smt", "SMT"), ("governor", "frequency governor"), ("mitigations", "mitigations"),
  ]
  /// Hosts whose TSC frequencies differ by more are different hosts, as a share: a calibration at boot is not that exact.
  private static let frequencyTolerance = 0.001

  /// How the host `new` differs from `old` in what decides what an exit costs, one sentence each; none where cycles are
  /// comparable.
  ///
  /// - Parameter words: what the sides are called in the sentences.
  public static func differences(
    old: [String: String], new: [String: String], words: (old: String, new: String) = ("then", "now")
  ) -> [String] {
    var differences = deciding.compactMap { key, name in
      old[key] == new[key]
        ? nil
        : "another \(name): \(old[key] ?? "unknown") \(words.old), \(new[key] ?? "unknown") \(words.new)"
    }
    let frequencies = [old, new].map { $0["tsc_khz"].flatMap { UInt64($0) } }
    if let then = frequencies[0], let now = frequencies[1], then > 0 {
      if abs(Double(now) / Double(then) - 1) > frequencyTolerance {
        differences.append("another TSC frequency: \(then) kHz \(words.old), \(now) kHz \(words.new)")
      }
    } else if frequencies[0] != frequencies[1] {
      differences.append("the TSC frequency is known on one side only")
    }
    return differences
  }

  /// How the host `new` differs from `old` in what decides which exits there are and what they are called, one sentence
  /// each; none where exit counts are comparable.
  public static func exitDifferences(old: [String: String], new: [String: String]) -> [String] {
    deciding.filter { exitDeciding.contains($0.key) && old[$0.key] != new[$0.key] }.map { key, name in
      "another \(name): \(old[key] ?? "unknown") then, \(new[key] ?? "unknown") now"
    }
  }

  private static let exitDeciding: Set<String> = ["cpu_vendor", "kvm_vendor_module", "emulated_guest_code"]
}
