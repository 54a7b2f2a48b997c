import Glibc
import SortieAnalysis
import SortieProbes
import SortieTrace
import SystemPackage

/// VMs of other processes on their way into histograms and sums, and the file that holds these.
///
/// The file is written anew each time, beside its name, and takes that name when it is whole: it is readable at any moment
/// and does not grow with time.
final class AggregateRecording: VMObserver {
  let events: LiveEvents
  private let path: FilePath
  /// The vCPUs that are recorded; nil: all.
  private let wantedVCPUs: Set<UInt32>?
  private let eventCost: ProbeCostRow?
  private let began = AnchorRow.now()
  private var aggregate = Aggregate()
  /// Attributes of the VMs, by index.
  private var vms: [[String: String]] = []
  private var vcpus: [VCPURow] = []
  private var threads: [ThreadRow] = []
  private var losses: [LossRow] = []
  private var lost: UInt64 = 0
  /// Bytes of the file.
  private(set) var bytes: UInt64 = 0

  /// Ranges of losses that are told apart.
  private static let mostLosses = 256

  /// - Throws: ``Failure`` where the file cannot be written, or the kernel's events cannot be had.
  init(path: FilePath, details: Bool, bufferKiB: Int?, wantedVCPUs: Set<UInt32>?) throws(Failure) {
    events = try LiveEvents(details: details, bufferKiB: bufferKiB)
    eventCost = events.kernel.cost(events.host.system)
    self.path = path
    self.wantedVCPUs = wantedVCPUs
    for note in events.kernel.notes { Terminal.note(note) }
    try save()
  }

  func found(_ process: KVMProcess) -> UInt32 {
    vms.append(AttachedVM.attributes(of: process, wanted: wantedVCPUs))
    return UInt32(vms.count - 1)
  }

  func observe(_ update: AttachedVM.Update, of vm: AttachedVM) throws(Failure) {
    // A vCPU whose thread changes begins anew.
    take(vm: vm.index)
    vcpus += update.vcpus
    threads += update.rows
    try events.follow(update, of: vm)
  }

  func ended(_ vm: AttachedVM) {
    take(vm: vm.index, isLast: true)
    events.analysis.forget(vm: vm.index)
    vms[Int(vm.index)][AttachedVM.outcome.key] = AttachedVM.outcome.ended
  }

  func note(_ text: String) { Terminal.note(text) }

  /// Takes in what happened; whether it should come back sooner than usual.
  func drain() -> Bool {
    let before = events.placed
    let isFast = events.drain()
    guard events.lost > lost else { return isFast }
    let loss = LossRow(
      stream: nil, firstTSC: before, lastTSC: events.placed, cause: .kernelOverrun, count: events.lost - lost)
    lost = events.lost
    if losses.count < Self.mostLosses {
      losses.append(loss)
    } else {
      losses[losses.count - 1].lastTSC = loss.lastTSC
      losses[losses.count - 1].count = losses[losses.count - 1].count?.addingSaturated(loss.count ?? 0)
    }
    return isFast
  }

  private func take(vm: UInt32? = nil, isLast: Bool = false) {
    _ = drain()
    events.analysis.add(to: &aggregate, until: events.placed, vm: vm, isLast: isLast)
  }

  /// Writes the file anew with all that has happened.
  ///
  /// - Throws: ``Failure``; the file is as it was then.
  func save() throws(Failure) {
    take()
    try write()
  }

  /// Stops and writes the file for the last time.
  ///
  /// - Throws: ``Failure``.
  func finish(_ running: [AttachedVM]) throws(Failure) {
    events.kernel.stop()
    take(isLast: true)
    for vm in running { vms[Int(vm.index)][AttachedVM.outcome.key] = AttachedVM.outcome.stopped }
    try write()
  }

  private func write() throws(Failure) {
    let next = FilePath(path.string + ".next")
    let session = try TraceSession(
      path: next, host: events.host.description, kernel: events.kernel, measuresProbes: false)
    session.write([
      HostAttribute(host: 0, name: HostDescription.Key.aggregate.rawValue, value: "true")
    ])
    session.write([began])
    if let eventCost { session.note(eventCost) }
    for attributes in vms { _ = session.addVM(attributes) }
    session.write(vcpus)
    session.write(threads)
    session.write(losses)
    let rows = aggregate.rows
    session.write(rows.sites)
    session.write(rows.histograms)
    session.write(rows.sums)
    try session.finish()
    bytes = session.progress.bytes
    guard rename(next.string, path.string) == 0 else {
      throw Failure("\(next) cannot become \(path): \(Errno(rawValue: errno))")
    }
  }
}
