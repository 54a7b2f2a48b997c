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
  private var vms: [UInt32: VM] = [:]
  private var nextVM: UInt32 = 0
  /// VMs that have ended, in that order, and the one that stands for many of them.
  private var ended: [UInt32] = []
  private var merged: (vm: UInt32, count: Int)?
  private var hasFailed = false
  /// Says to other recorders that the file is taken; nil where it cannot be said.
  private var lock: FileDescriptor?
  /// Bytes of the file.
  private(set) var bytes: UInt64 = 0

  /// What the file says of a VM beside what it did.
  private struct VM {
    var attributes: [String: String]
    var vcpus: [VCPURow] = []
    var threads: [ThreadRow] = []
  }

  /// VMs that have ended and are told apart: hosts that start one each second have no end of them.
  private static let mostEnded = 64
  /// Threads of a VM that are named, the last ones.
  private static let mostThreads = 1024

  /// - Throws: ``Failure`` where the file cannot be written, or the kernel's events cannot be had.
  init(path: FilePath, details: Bool, bufferKiB: Int?, wantedVCPUs: Set<UInt32>?) throws(Failure) {
    self.path = try OutputFile.replaceable(path)
    try OutputFile.check(Self.next(self.path))
    lock = try OutputFile.lock(self.path)
    events = try LiveEvents(details: details, bufferKiB: bufferKiB)
    eventCost = events.kernel.cost(events.host.system)
    self.wantedVCPUs = wantedVCPUs
    for note in events.kernel.notes { Terminal.note(note) }
    try write()
  }

  func found(_ process: KVMProcess) -> UInt32 {
    defer { nextVM += 1 }
    vms[nextVM] = VM(attributes: AttachedVM.attributes(of: process, wanted: wantedVCPUs))
    return nextVM
  }

  func observe(_ update: AttachedVM.Update, of vm: AttachedVM) throws(Failure) {
    // A vCPU that goes, or that another thread runs from now on, is at an end, and begins anew.
    _ = events.drain()
    let changed = update.gone.union(update.threads.map(\.vcpu))
    events.analysis.addLast(to: &aggregate, vm: vm.index, vcpus: changed)
    vms[vm.index]?.vcpus += update.vcpus
    vms[vm.index]?.threads += update.rows
    if let count = vms[vm.index]?.threads.count, count > Self.mostThreads {
      vms[vm.index]?.threads.removeFirst(count - Self.mostThreads)
    }
    try events.follow(update, of: vm)
  }

  func ended(_ vm: AttachedVM) {
    _ = events.drain()
    events.analysis.addLast(to: &aggregate, vm: vm.index)
    events.analysis.forget(vm: vm.index)
    vms[vm.index]?.attributes[AttachedVM.outcome.key] = AttachedVM.outcome.ended
    ended.append(vm.index)
    if ended.count > Self.mostEnded { merge(ended.removeFirst()) }
  }

  /// Lets one that has ended go, for what it did to stand with that of others.
  private func merge(_ vm: UInt32) {
    let place = merged?.vm ?? vm
    aggregate.merge(vm: vm, into: place)
    let count = (merged?.count ?? 0) + 1
    merged = (place, count)
    var known = vms[place]
    if vm != place, let gone = vms.removeValue(forKey: vm) {
      let numbers = Set(known?.vcpus.map(\.vcpu) ?? [])
      known?.vcpus += gone.vcpus.filter { !numbers.contains($0.vcpu) }.map {
        VCPURow(vcpu: $0.vcpu, vm: place, since: $0.since)
      }
    }
    known?.threads = []
    known?.attributes = [
      "name": "VMs that have ended", "vms_merged": "\(count)",
      AttachedVM.outcome.key: AttachedVM.outcome.ended,
      "schedstat_missing": "the threads are another process's",
    ]
    vms[place] = known
  }

  func note(_ text: String) { Terminal.note(text) }

  /// Takes in what happened; whether it should come back sooner than usual.
  func drain() -> Bool { events.drain() }

  /// Writes the file anew with all that has happened. Where that fails, it is tried again later: the file is as it was.
  func save() {
    _ = events.drain()
    events.analysis.add(to: &aggregate, until: events.placed)
    do throws(Failure) {
      try write()
      hasFailed = false
    } catch {
      if !hasFailed { Terminal.note("\(error); it is tried again") }
      hasFailed = true
    }
  }

  /// Stops and writes the file for the last time.
  ///
  /// - Throws: ``Failure``.
  func finish(_ running: [AttachedVM]) throws(Failure) {
    events.kernel.stop()
    _ = events.drain()
    events.analysis.addLast(to: &aggregate, until: events.placed)
    for vm in running { vms[vm.index]?.attributes[AttachedVM.outcome.key] = AttachedVM.outcome.stopped }
    try write()
  }

  private static func next(_ path: FilePath) -> FilePath { FilePath(path.string + ".next") }

  private func write() throws(Failure) {
    let next = Self.next(path)
    // What a killed recorder left.
    unlink(next.string)
    do throws(Failure) {
      let session = try TraceSession(
        path: next, host: events.host.description, kernel: events.kernel, measuresProbes: false, isNew: true)
      session.write([
        HostAttribute(host: 0, name: HostDescription.Key.aggregate.rawValue, value: "true")
      ])
      session.write([began])
      if let eventCost { session.note(eventCost) }
      for (index, vm) in vms.sorted(by: { $0.key < $1.key }) {
        session.note(index, vm.attributes)
        session.write(vm.vcpus)
        session.write(vm.threads)
      }
      session.write(events.analysis.losses)
      let rows = aggregate.rows
      session.write(rows.sites)
      session.write(rows.histograms)
      session.write(rows.sums)
      try session.finish()
      bytes = session.progress.bytes
      guard rename(next.string, path.string) == 0 else {
        throw Failure("\(next) cannot become \(path): \(Errno(rawValue: errno))")
      }
      try? lock?.close()
      lock = try OutputFile.lock(path)
    } catch {
      unlink(next.string)
      throw error
    }
  }
}
