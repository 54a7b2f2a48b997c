import ArgumentParser
import SortieKVM
import SortieProbes

/// `sortie doctor`.
struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "What this host can and cannot measure, what that means, and how to mend it.",
    discussion: """
      Looks at /dev/kvm and its capabilities, whether guest code runs on the processor or is emulated, nesting, the \
      TSC, the frequency governor, SMT, load, steal, mitigations and the privilege to read the kernel's tracepoints. \
      Each line says what was found; below it, what that means for the figures and how to mend it.

      Exits with 3 when no guest can be run here at all, else with 0.
      """)

  @Flag(help: "Print JSON: host attributes, findings, and every KVM capability known with its value.")
  var json = false

  func run() throws {
    var host = HostDescription()
    var findings: [Finding] = []
    var capabilities: [DoctorReport.Capability] = []
    var canRun = true
    do {
      let system = try KVMSystem()
      findings += KVMFindings.all(system, host: &host)
      for capability in KVMCapability.allCases {
        capabilities.append(
          .init(name: capability.name, value: system.capability(capability), meaning: capability.meaning))
      }
    } catch {
      canRun = false
      findings.append(
        Finding(
          "KVM", .missing, "unusable", "no guest can be run: \(error)"))
    }
    findings += HostFindings.all(host)
    let report = DoctorReport(host: host, findings: findings, kvmCapabilities: capabilities)
    try Output.print(json ? try report.json() : report.text(colour: Terminal.wantsColour))
    if !canRun { leave(with: .unsupportedHere) }
  }
}
