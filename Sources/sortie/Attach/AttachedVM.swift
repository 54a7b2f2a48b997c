import CLinuxKVM
import SortieProbes
import SortieTrace

/// A VM of another process, and which of its threads are recorded.
struct AttachedVM {
  /// Its number in the trace.
  let index: UInt32
  private(set) var process: KVMProcess
  /// The vCPUs by the threads that run them.
  private var vcpus: [UInt32: UInt32] = [:]
  /// All vCPUs that the trace knows.
  private var described: Set<UInt32> = []

  /// What of its threads has changed since the last look.
  struct Update {
    /// Rows that a trace needs of vCPUs and threads that are new, and the threads.
    var vcpus: [VCPURow] = []
    var rows: [ThreadRow] = []
    var threads: [TracedThread] = []
    /// vCPUs whose threads have ended, and that no other runs.
    var gone: Set<UInt32> = []

    var hasChanged: Bool { !threads.isEmpty || !gone.isEmpty }
  }

  init(_ process: KVMProcess, index: UInt32) {
    self.process = process
    self.index = index
  }

  /// What the trace says of it; `wanted`: the vCPUs that are recorded; nil: all.
  static func attributes(of process: KVMProcess, wanted: Set<UInt32>?) -> [String: String] {
    var attributes = [
      "name": process.name, "attached_pid": "\(process.pid)", "program": process.program,
      "command": process.arguments.joined(separator: " "),
      "schedstat_missing": "the threads are another process's",
    ]
    let leftOut = process.vcpus.filter { wanted?.contains($0) == false }
    if !leftOut.isEmpty {
      attributes["vcpus_left_out"] = leftOut.map { "\($0)" }.joined(separator: ", ")
    }
    return attributes
  }

  /// How its observation ended, as an attribute: the observer stopped, or it did.
  static let outcome = (key: "outcome", stopped: "completed", ended: "the VM ended while it was observed")

  /// Which VM it is, in words.
  var label: String { "\(process.name) (process \(process.pid))" }

  /// Threads recorded.
  var threadCount: Int { vcpus.count }

  /// Takes over what is known of its process now. `wanted`: the vCPUs that are recorded; nil: all.
  mutating func update(_ process: KVMProcess, wanted: Set<UInt32>? = nil) -> Update {
    self.process = process
    let alive = process.threadIDs
    let before = Set(vcpus.values)
    vcpus = vcpus.filter { alive.contains($0.key) }
    var update = Update()
    let now = sortie_rdtsc()
    for thread in process.threads where vcpus[thread.id] == nil {
      guard wanted?.contains(thread.vcpu) != false else { continue }
      let vcpu = freeNumber(thread.vcpu)
      vcpus[thread.id] = vcpu
      if described.insert(vcpu).inserted { update.vcpus.append(VCPURow(vcpu: vcpu, vm: index, since: now)) }
      update.rows.append(ThreadRow(thread: thread.id, vcpu: vcpu, vm: index, since: now, name: thread.name))
      update.threads.append(TracedThread(id: thread.id, vm: index, vcpu: vcpu))
    }
    update.gone = before.subtracting(vcpus.values)
    return update
  }

  /// `vcpu`, or the next number that no thread has: a process may hold several VMs, whose vCPUs KVM numbers alike.
  private func freeNumber(_ vcpu: UInt32) -> UInt32 {
    let used = Set(vcpus.values)
    guard used.contains(vcpu) else { return vcpu }
    return (used.max() ?? vcpu) + 1
  }
}
