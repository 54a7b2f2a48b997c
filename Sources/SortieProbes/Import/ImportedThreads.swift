internal import SortieTrace

/// The threads of a recording that run vCPUs, and the VMs they make: those of a process are one VM's, as those of a
/// process that is attached to. First pass over a recording.
final class ImportedThreads: ImportVisitor {
  /// A thread of a process; the kernel uses the ids of threads again.
  private struct Key: Hashable {
    var process: UInt32?
    var thread: UInt32
  }

  /// A thread that runs a vCPU.
  private struct Thread {
    var key: Key
    /// The vCPU by KVM's number; nil where no event says.
    var vcpu: UInt32?
    var firstTime: UInt64
  }

  /// A VM, as the trace is to describe it.
  struct VM {
    var index: UInt32
    var process: UInt32?
    var name: String
    var vcpus: [VCPURow]
    var threads: [ThreadRow]
  }

  private let events: EventThreads
  private var positions: [Key: Int] = [:]
  private var threads: [Thread] = []
  private var names: [Key: String] = [:]
  /// Numbers of the events that came.
  private(set) var seen: Set<UInt64> = []
  /// Threads that run vCPUs, whatever their processes.
  private(set) var ids: Set<UInt32> = []
  /// Threads above this were not taken in.
  private(set) var isFull = false

  /// Threads with vCPUs that are told apart.
  private static let mostThreads = 1 << 14
  /// Names that are kept.
  private static let mostNames = 1 << 16

  init(_ events: EventThreads) { self.events = events }

  func take(_ event: ImportedEvent) {
    guard let (number, kind, thread, vcpu) = events.read(event.record) else { return }
    seen.insert(UInt64(number))
    guard kind == .ofVCPU else { return }
    let key = Key(process: event.process, thread: thread)
    guard let position = positions[key] else {
      guard threads.count < Self.mostThreads else {
        isFull = true
        return
      }
      positions[key] = threads.count
      threads.append(Thread(key: key, vcpu: vcpu, firstTime: event.time))
      ids.insert(thread)
      return
    }
    if threads[position].vcpu == nil { threads[position].vcpu = vcpu }
    if event.time < threads[position].firstTime { threads[position].firstTime = event.time }
  }

  func lose(cpu: UInt32, count: UInt64?, cause: ImportLoss, fromStart: Bool) {}

  func name(thread: UInt32, process: UInt32?, _ name: String) {
    guard names.count < Self.mostNames else { return }
    names[Key(process: process, thread: thread)] = name
  }

  private func name(_ thread: UInt32, _ process: UInt32?) -> String? {
    names[Key(process: process, thread: thread)] ?? names[Key(process: nil, thread: thread)]
  }

  /// The VMs, in the order in which their first events came.
  var vms: [VM] {
    var found: [VM] = []
    var places: [UInt32?: Int] = [:]
    var used: [Set<UInt32>] = []
    var tenures: Set<UInt32> = []
    for thread in threads.sorted(by: { $0.firstTime < $1.firstTime }) {
      let process = thread.key.process
      let place = places[process] ?? found.count
      if place == found.count {
        places[process] = place
        used.append([])
        found.append(
          VM(
            index: UInt32(place), process: process,
            name: process.flatMap { name($0, $0) } ?? name(thread.key.thread, process) ?? "VM", vcpus: [],
            threads: []))
      }
      // A process may hold several VMs, whose vCPUs KVM numbers alike.
      var vcpu = thread.vcpu ?? 0
      if used[place].contains(vcpu) || vcpu > UInt32(Self.mostThreads) {
        vcpu = (used[place].filter { $0 <= UInt32(Self.mostThreads) }.max() ?? 0) + 1
      }
      used[place].insert(vcpu)
      found[place].vcpus.append(VCPURow(vcpu: vcpu, vm: UInt32(place)))
      found[place].threads.append(
        ThreadRow(
          thread: thread.key.thread, vcpu: vcpu, vm: UInt32(place),
          since: tenures.insert(thread.key.thread).inserted ? nil : thread.firstTime,
          name: name(thread.key.thread, process)))
    }
    return found
  }
}
