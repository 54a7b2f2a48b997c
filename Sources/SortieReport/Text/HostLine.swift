import SortieAnalysis

/// What must be known of a host to read its figures, in one line; nil where nothing is known.
///
/// - Parameter host: attributes by name, as a trace and `sortie doctor` hold them.
/// - Parameter tscKHz: frequency of its TSC, kHz.
func hostLine(_ host: [String: String], tscKHz: UInt64?) -> String? {
  var facts: [String] = []
  if let name = host["hostname"] { facts.append(name) }
  if let model = host["cpu_model"] ?? host["cpu_vendor"] { facts.append(model) }
  if let kernel = host["kernel"] { facts.append("Linux \(kernel)") }
  if let module = host["kvm_vendor_module"] { facts.append(module) }
  if let nested = host["nested"] {
    facts.append("nested: \(nested)" + (host["hypervisor"].map { " (\($0))" } ?? ""))
  }
  if let tscKHz { facts.append("TSC \(grouped(tscKHz)) kHz") }
  return facts.isEmpty ? nil : "Host: " + facts.map { printable($0) }.joined(separator: ", ")
}

/// The same of a gate's result.
func hostLine(_ host: [String: String]) -> String {
  hostLine(host, tscKHz: host["tsc_khz"].flatMap { UInt64($0) }) ?? "Host: unknown"
}
