import SortieAnalysis
import SortieProbes
import SortieReport

/// VMs of other processes on their way into a live analysis.
final class TopObserver: VMObserver {
  /// What is known of a VM beside its figures.
  private struct Known {
    var name: String
    var pid: UInt32
    var hasEnded = false
  }

  private let events: LiveEvents
  /// By number.
  private var vms: [UInt32: Known] = [:]
  private var nextVM: UInt32 = 0
  /// The latest thing that happened.
  private(set) var message: String?
  /// Nobody draws on the terminal: what happens is told at once.
  var tellsAtOnce = true

  init(_ events: LiveEvents) { self.events = events }

  func found(_ process: KVMProcess) -> UInt32 {
    defer { nextVM += 1 }
    vms[nextVM] = Known(name: process.name, pid: process.pid)
    return nextVM
  }

  func observe(_ update: AttachedVM.Update, of vm: AttachedVM) throws(Failure) {
    try events.follow(update, of: vm)
  }

  func ended(_ vm: AttachedVM) { vms[vm.index]?.hasEnded = true }

  func note(_ text: String) {
    message = text
    if tellsAtOnce { Terminal.note(printable(text)) }
  }

  /// The VMs with what they did until `end`. Those that have ended are forgotten with that.
  func takeInterval(until end: UInt64) -> [TopVM] {
    let live = Dictionary(uniqueKeysWithValues: events.analysis.takeInterval(until: end).map { ($0.vm, $0) })
    let shown = vms.sorted { $0.key < $1.key }.map { vm, known in
      TopVM(
        name: known.name, pid: known.pid,
        live: live[vm] ?? LiveVM(vm: vm, figures: LiveFigures(), vcpus: []), hasEnded: known.hasEnded)
    }
    for (vm, known) in vms where known.hasEnded {
      events.analysis.forget(vm: vm)
      vms[vm] = nil
    }
    return shown
  }
}
