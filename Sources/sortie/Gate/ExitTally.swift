import SortieAnalysis
import SortieGate

/// The exits of one trace, as a gate holds runs against each other.
struct ExitTally {
  /// How often each reason occurred in all VMs of the trace.
  private(set) var counts: [ExitKey: UInt64] = [:]
  /// Who counted, whether or not there was something to count.
  private(set) var kinds: [ExitCensus.Kind] = [.roundTrip]

  /// Events that count instructions and not exits.
  private static let instructions: Set<String> = ["kvm_emulate_insn"]

  /// The tally of a trace's analysis.
  init(_ analysis: Analysis) {
    for reason in analysis.reasons where reason.tier == .vmm && reason.exitClass == .heavy {
      counts[ExitKey(.roundTrip, reason.reason), default: 0] += reason.count
    }
    if !analysis.exits.isEmpty {
      kinds += [.light, .heavy]
    } else if !analysis.kernelEvents.isEmpty {
      kinds.append(.event)
    }
    for exit in analysis.exits {
      // A signal that comes with an exit makes it a kick, and the last exit has no entry after it: neither changes what
      // the operation asked for.
      if exit.light + exit.kicked > 0 {
        counts[ExitKey(.light, exit.reason), default: 0] += exit.light + exit.kicked
      }
      if exit.heavy + exit.unpaired > 0 {
        counts[ExitKey(.heavy, exit.reason), default: 0] += exit.heavy + exit.unpaired
      }
    }
    // Where the hardware's exits are reported, these events tell of the same exits once more.
    guard kinds.contains(.event) else { return }
    for event in analysis.kernelEvents where !Self.instructions.contains(event.event) {
      counts[ExitKey(.event, event.event), default: 0] += event.count
    }
  }
}
