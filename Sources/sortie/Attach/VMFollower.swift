import SortieProbes

/// Who wants to know which VMs and threads there are to observe.
protocol VMObserver {
  /// A VM was found; the number it is to have.
  mutating func found(_ process: KVMProcess) throws(Failure) -> UInt32
  /// Threads of a VM were found.
  mutating func observe(_ update: AttachedVM.Update, of vm: AttachedVM) throws(Failure)
  /// A VM has ended.
  mutating func ended(_ vm: AttachedVM)
  /// Something that people want to know.
  func note(_ text: String)
}

/// Follows VMs of other processes: threads and VMs come and go.
struct VMFollower {
  private let target: AttachTarget
  /// The vCPUs that are observed; nil: all.
  private let wantedVCPUs: Set<UInt32>?
  private(set) var vms: [AttachedVM] = []

  /// Milliseconds between two looks at the processes.
  static let period: Int32 = 1000
  /// Milliseconds for which threads without a telling name are watched, at first and at each later look.
  private static let surveys: (first: UInt32, later: UInt32) = (500, 100)

  init(_ target: AttachTarget, wantedVCPUs: Set<UInt32>? = nil) {
    (self.target, self.wantedVCPUs) = (target, wantedVCPUs)
  }

  /// All VMs that were meant have ended.
  var isOver: Bool { vms.isEmpty && !target.isOpen }

  /// Begins with `processes`.
  ///
  /// - Throws: ``Failure``, as the observer does.
  mutating func begin(_ processes: [KVMProcess], _ observer: inout some VMObserver) throws(Failure) {
    for process in processes { try attach(process, &observer) }
  }

  private mutating func attach(_ process: KVMProcess, _ observer: inout some VMObserver) throws(Failure) {
    let index = try observer.found(process)
    vms.append(AttachedVM(process, index: index))
    try take(process, at: vms.count - 1, survey: Self.surveys.first, &observer)
    let vm = vms[vms.count - 1]
    observer.note("attached to \(vm.label): \(vm.process.vcpus.count) vCPUs")
    let unknown = vm.process.vcpusWithoutThread.filter { wantedVCPUs?.contains($0) != false }
    if !unknown.isEmpty {
      observer.note(
        "\(vm.label): no thread was seen to run vCPU \(unknown.map { "\($0)" }.joined(separator: ", ")); sortie keeps looking"
      )
    }
  }

  /// Looks at the processes again.
  ///
  /// - Throws: ``Failure``, as the observer does.
  mutating func look(_ observer: inout some VMObserver) throws(Failure) {
    for index in vms.indices.reversed() {
      let vm = vms[index]
      if vm.process.isAlive(), let process = try? KVMProcess(vm.process.pid) {
        try take(process, at: index, survey: Self.surveys.later, &observer)
      } else {
        observer.ended(vm)
        observer.note("\(vm.label) has ended")
        vms.remove(at: index)
      }
    }
    guard target.isOpen else { return }
    let known = Set(vms.map(\.process.pid))
    for process in try target.processes() where !known.contains(process.pid) {
      try attach(process, &observer)
    }
  }

  /// Observes the threads of `process` that are new.
  private mutating func take(
    _ process: KVMProcess, at index: Int, survey milliseconds: UInt32, _ observer: inout some VMObserver
  ) throws(Failure) {
    var process = process
    process.keepThreads(of: vms[index].process)
    do { try RunSurvey.complete(&process, milliseconds: milliseconds) } catch { throw Failure(error) }
    let update = vms[index].update(process, wanted: wantedVCPUs)
    if update.hasChanged { try observer.observe(update, of: vms[index]) }
  }
}
