public import SortieTrace
public import SystemPackage

/// The names that `perf` prints for the reasons of exits.
public enum PerfReasons {
  /// The numbers of the reasons by their names for SVM, from the `print fmt` of `kvm_exit` as the kernel has it: entries
  /// such as `{ 0x040 + 6, "UD excp" }`.
  ///
  /// - Throws: ``LabBoot/Failure`` where the trace has no such text.
  public static func numbers(_ trace: TraceFile) throws -> [String: UInt32] {
    guard
      let format = try trace.rows(EventFormatRow.self).first(where: { $0.name == "kvm/kvm_exit" })?.format,
      let symbols = format.split(separator: ": __print_symbolic(REC->exit_reason, ").last
    else { throw LabBoot.Failure(description: "the trace does not say how kvm_exit prints") }
    var reasons: [String: UInt32] = [:]
    for entry in symbols.matches(of: /\{ 0x([0-9a-f]+)(?: \+ ([0-9]+))?, "([^"]+)" \}/) {
      guard let number = UInt32(entry.1, radix: 16) else { continue }
      reasons[String(entry.3)] = number + (entry.2.flatMap { UInt32($0) } ?? 0)
    }
    return reasons
  }

  /// Samples of `kvm_exit` by thread and name in a `perf.data` that the lab left (`Tests/Lab/perf-exits`).
  ///
  /// - Throws: ``LabBoot/Failure`` where perf finds none.
  public static func samples(recordedBy perf: FilePath) throws -> [UInt32: [String: UInt64]] {
    let (status, output) = LabBoot.shell("'\(LabBoot.root)/Tests/Lab/perf-exits' '\(perf)'")
    guard status == 0, !output.isEmpty else {
      throw LabBoot.Failure(description: "perf script finds no kvm_exit in \(perf)")
    }
    var samples: [UInt32: [String: UInt64]] = [:]
    for line in output.split(separator: "\n") {
      let fields = line.split(separator: " ", maxSplits: 2)
      guard fields.count == 3, let count = UInt64(fields[0]), let thread = UInt32(fields[1]) else {
        throw LabBoot.Failure(description: "no count, thread and name: \(line)")
      }
      samples[thread, default: [:]][String(fields[2])] = count
    }
    return samples
  }

  /// Exits by number, as `samples` has them by name; `numbers`: those of the names.
  ///
  /// - Throws: ``LabBoot/Failure`` for a name without a number.
  public static func exits(
    _ samples: [String: UInt64], _ numbers: [String: UInt32]
  ) throws -> [UInt32: UInt64] {
    var exits: [UInt32: UInt64] = [:]
    for (name, count) in samples {
      guard let number = numbers[name] else {
        throw LabBoot.Failure(description: "the kernel has no reason \(name)")
      }
      exits[number, default: 0] += count
    }
    return exits
  }

  /// The rows of a table of `perf kvm stat report`: exits by name.
  public static func report(_ text: String) -> [String: UInt64] {
    var rows: [String: UInt64] = [:]
    for line in text.split(separator: "\n") {
      guard let row = line.firstMatch(of: /^ *(\S.*?) +([0-9]+) +[0-9.]+% +[0-9.]+%/) else { continue }
      rows[String(row.1)] = UInt64(row.2)
    }
    return rows
  }
}
