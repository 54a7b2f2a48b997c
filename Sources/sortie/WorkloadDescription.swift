import WorkloadCatalog

/// What `sortie workloads NAME` tells.
struct WorkloadDescription: Encodable {
  /// What a run of the default length should cause on one kind of host.
  struct Expected: Encodable {
    let host: String
    let roundTripsAtLeast: UInt64
    let roundTripsAtMost: UInt64
    let unsupported: String?

    private enum CodingKeys: String, CodingKey {
      case host, unsupported
      case roundTripsAtLeast = "round_trips_at_least"
      case roundTripsAtMost = "round_trips_at_most"
    }
  }

  struct Parameter: Encodable {
    let meaning: String
    let defaultValue: UInt64

    private enum CodingKeys: String, CodingKey {
      case meaning
      case defaultValue = "default"
    }
  }

  private let name: String
  private let summary: String
  private let details: String
  private let iterations: UInt64
  private let vcpus: Int
  private let parameters: [Parameter]
  private let alsoNamed: [String]
  private let expected: [Expected]

  private enum CodingKeys: String, CodingKey {
    case name, summary, details, iterations, vcpus, parameters, expected
    case alsoNamed = "also_named"
  }

  init(_ workload: Workload) {
    name = workload.name
    summary = workload.summary
    details = workload.details
    iterations = workload.defaultIterations
    vcpus = workload.vcpus
    parameters = workload.parameters.sorted { $0.index < $1.index }.map {
      Parameter(meaning: $0.meaning, defaultValue: $0.defaultValue)
    }
    alsoNamed = VMExitNames.names(of: workload.name)
    expected = HostKind.Execution.allCases.map { execution in
      let host = HostKind(execution)
      let total = workload.expectation(on: host).roundTripTotal(iterations: workload.defaultIterations)
      return Expected(
        host: execution.rawValue, roundTripsAtLeast: total.lowerBound, roundTripsAtMost: total.upperBound,
        unsupported: workload.unsupportedReason(on: host))
    }
  }

  /// For people.
  func text() -> String {
    var lines = [
      "\(name): \(summary)", "", Wrapping.wrap(details), "", "iterations: \(iterations)   vCPUs: \(vcpus)",
    ]
    if !alsoNamed.isEmpty { lines.append("kvm-unit-tests calls it: \(alsoNamed.joined(separator: ", "))") }
    for (index, parameter) in parameters.enumerated() {
      lines.append("parameter \(index): \(parameter.meaning) (default \(parameter.defaultValue))")
    }
    lines += ["", "round trips of a run of that length, the final write to the debug exit port included:"]
    for row in expected {
      let range =
        row.roundTripsAtLeast == row.roundTripsAtMost
        ? "\(row.roundTripsAtLeast)" : "\(row.roundTripsAtLeast) to \(row.roundTripsAtMost)"
      lines.append("  \(row.host): " + (row.unsupported.map { "cannot run: \($0)" } ?? range))
    }
    return lines.joined(separator: "\n")
  }
}
