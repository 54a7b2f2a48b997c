import Foundation
import Testing
import WorkloadCatalog

/// The host the tests run on.
enum LiveHost {
  /// What `sortie doctor --json` says, as far as the tests need it.
  private struct Diagnosis: Decodable {
    let host: [String: String]
  }

  private static let diagnosis: Result<Diagnosis, Subprocess.Failure> = Result {
    () throws(Subprocess.Failure) in
    if let obstacle = SortieTool.obstacle { throw Subprocess.Failure(description: obstacle) }
    guard access("/dev/kvm", R_OK | W_OK) == 0 else {
      throw Subprocess.Failure(description: "/dev/kvm: \(String(cString: strerror(errno)))")
    }
    do {
      let result = try SortieTool.run(["doctor", "--json"])
      guard result.status == 0 else {
        throw Subprocess.Failure(description: "sortie doctor ended with \(result.ending): \(result.messages)")
      }
      return try JSONDecoder().decode(Diagnosis.self, from: Data(result.output))
    } catch {
      throw Subprocess.Failure(description: "\(error)")
    }
  }

  /// Why no guest can be run here; nil if one can.
  static let obstacle: String? = {
    if case .failure(let failure) = diagnosis { failure.description } else { nil }
  }()

  /// The host in the catalog's words; nil where no guest can be run.
  static let kind: HostKind? = {
    guard case .success(let diagnosis) = diagnosis else { return nil }
    let release = (diagnosis.host["kernel"] ?? "").split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
    let execution: HostKind.Execution =
      diagnosis.host["emulated_guest_code"] == "true"
      ? .emulated : diagnosis.host["cpu_vendor"] == "GenuineIntel" ? .vmx : .svm
    return HostKind(
      execution,
      virtualAPIC: isSet("kvm_intel/parameters/enable_apicv") || isSet("kvm_amd/parameters/avic"),
      pauseLoopExits: isSet("kvm_intel/parameters/ple_gap")
        || isSet("kvm_amd/parameters/pause_filter_count") && isSet("kvm_amd/parameters/pause_filter_thresh"),
      emulatedProcessor: diagnosis.host["hypervisor"] == "TCGTCGTCGTCG",
      kernel: release.count == 2 ? HostKind.KernelVersion(release[0], release[1]) : nil)
  }()

  /// The workloads that this host can execute.
  static let workloads: [String] = Workload.all.filter { workload in
    kind.map { workload.unsupportedReason(on: $0) == nil } ?? true
  }.map(\.name)

  /// Whether a parameter of a module is neither absent nor N nor 0.
  private static func isSet(_ parameter: String) -> Bool {
    let value = try? String(contentsOfFile: "/sys/module/" + parameter, encoding: .ascii)
    return value.map { !$0.hasPrefix("N") && !$0.hasPrefix("0") } ?? false
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips where guests cannot be run, with the reason.
  static var needsKVM: ConditionTrait {
    .enabled(if: LiveHost.obstacle == nil, "needs a usable /dev/kvm and guests: \(LiveHost.obstacle ?? "")")
  }
}
