import SortieAnalysis
import SortieGate

/// The counts that a gate holds runs against, out of a trace's analysis.
enum ExitCounting {
  /// How often each reason occurred in all VMs of the trace.
  static func counts(_ analysis: Analysis) -> [ExitKey: UInt64] {
    var counts: [ExitKey: UInt64] = [:]
    for reason in analysis.reasons where reason.tier == .vmm && reason.exitClass == .heavy {
      counts[ExitKey(.roundTrip, reason.reason), default: 0] += reason.count
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
    guard analysis.exits.isEmpty else { return counts }
    for event in analysis.kernelEvents where !instructions.contains(event.event) {
      counts[ExitKey(.event, event.event), default: 0] += event.count
    }
    return counts
  }

  /// Events that count instructions and not exits.
  private static let instructions: Set<String> = ["kvm_emulate_insn"]
}
