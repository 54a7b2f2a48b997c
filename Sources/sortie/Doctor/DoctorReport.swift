import SortieProbes
import SortieReport

/// What `sortie doctor` prints.
struct DoctorReport: Encodable {
  /// A KVM capability as this host answers for it.
  struct Capability: Encodable {
    let name: String
    let value: Int32
    let meaning: String
  }

  private let schema = "sortie.doctor/1"
  private let host: [String: String]
  private let findings: [Finding]
  private let kvmCapabilities: [Capability]

  private enum CodingKeys: String, CodingKey {
    case schema, host, findings
    case kvmCapabilities = "kvm_capabilities"
  }

  init(host: HostDescription, findings: [Finding], kvmCapabilities: [Capability]) {
    self.host = Dictionary(uniqueKeysWithValues: host.rows.map { ($0.key.rawValue, $0.value) })
    self.findings = findings
    self.kvmCapabilities = kvmCapabilities
  }

  /// As indented JSON with sorted keys.
  func json() throws -> String { try JSONText.encode(self) }

  /// For people, at most 100 columns wide.
  func text(colour: Bool) -> String {
    findings.map { finding in
      let head = "\(mark(finding.status, colour: colour)) \(finding.topic): \(finding.value)"
      let remedy = finding.remedy.map { [Wrapping.wrap("to mend it: \($0)", indent: 10)] } ?? []
      return ([head, Wrapping.wrap(finding.meaning, indent: 10)] + remedy).joined(separator: "\n")
    }.joined(separator: "\n")
  }

  private func mark(_ status: Finding.Status, colour: Bool) -> String {
    let (text, code) =
      switch status {
      case .good: ("  ok   ", "32")
      case .caution: ("caution", "33")
      case .missing: ("missing", "31")
      case .unknown: ("unknown", "35")
      }
    return colour ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
  }
}
