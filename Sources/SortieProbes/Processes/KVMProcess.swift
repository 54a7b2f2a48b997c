internal import SystemPackage

/// A process that holds a virtual machine of KVM's, whatever machine monitor it is.
///
/// KVM's files tell it: `anon_inode:kvm-vm` and `anon_inode:kvm-vcpu:N` among its descriptors (virt/kvm/kvm_main.c,
/// `kvm_dev_ioctl_create_vm`, `create_vcpu_fd`). Which thread runs which vCPU is not among them: the threads' names say it,
/// or the descriptor that a thread has called `KVM_RUN` with.
public struct KVMProcess: Sendable, Equatable {
  /// A thread that runs a vCPU.
  public struct Thread: Sendable, Equatable {
    /// Kernel id.
    public var id: UInt32
    /// What it is called (`comm`).
    public var name: String
    /// The vCPU's number in its VM, as KVM has it.
    public var vcpu: UInt32
  }

  /// Process id.
  public let pid: UInt32
  /// Clock ticks from boot to its start (proc_pid_stat(5), field 22): with it an id names one process only.
  public let startTicks: UInt64
  /// The program (`comm`).
  public let program: String
  /// What the VM is called: by the command line, else the program.
  public let name: String
  /// The command line.
  public let arguments: [String]
  /// The vCPUs, ascending.
  public let vcpus: [UInt32]
  /// The threads known to run them, by vCPU.
  public private(set) var threads: [Thread]
  /// Threads that may run the others.
  let others: [UInt32]
  /// The vCPUs by the descriptors that refer to them.
  private let descriptors: [Int32: UInt32]

  /// The process `pid`.
  ///
  /// - Throws: ``AttachError`` where there is none, it may not be looked at, or it holds no VM.
  public init(_ pid: UInt32, in files: ProcessFiles = ProcessFiles()) throws(AttachError) {
    let links: [Int32: String]
    do throws(Errno) { links = try files.descriptors(of: pid) } catch {
      throw files.has(pid) ? .unreadable(pid, error) : .noProcess(pid)
    }
    guard let identity = files.identity(of: pid) else { throw .noProcess(pid) }
    guard links.values.contains(Self.vmLink) else { throw .noVM(pid, program: identity.name) }
    self.init(pid, identity, links, in: files)
  }

  private static let vmLink = "anon_inode:kvm-vm"
  private static let vcpuLink = "anon_inode:kvm-vcpu:"

  private init(
    _ pid: UInt32, _ identity: (name: String, startTicks: UInt64), _ links: [Int32: String],
    in files: ProcessFiles
  ) {
    self.pid = pid
    startTicks = identity.startTicks
    program = identity.name
    arguments = files.arguments(of: pid)
    name = MonitorNames.name(in: arguments) ?? identity.name
    let descriptors = links.compactMapValues { link in
      link.hasPrefix(Self.vcpuLink) ? UInt32(link.dropFirst(Self.vcpuLink.count)) : nil
    }
    self.descriptors = descriptors
    let vcpus = Set(descriptors.values)
    self.vcpus = vcpus.sorted()
    var threads: [Thread] = []
    var others: [UInt32] = []
    for id in files.threads(of: pid) {
      guard let name = files.name(ofThread: id, of: pid) else { continue }
      let named = MonitorNames.vcpu(ofThread: name).flatMap { vcpus.contains($0) ? $0 : nil }
      let waiting = named == nil ? files.systemCall(ofThread: id, of: pid)?.vcpuDescriptor : nil
      if let vcpu = named ?? waiting.flatMap({ descriptors[$0] }) {
        threads.append(Thread(id: id, name: name, vcpu: vcpu))
      } else {
        others.append(id)
      }
    }
    self.threads = threads.sorted { ($0.vcpu, $0.id) < ($1.vcpu, $1.id) }
    self.others = others
  }

  /// All processes with a VM that may be looked at, by id.
  public static func all(in files: ProcessFiles = ProcessFiles()) -> [KVMProcess] {
    files.processes().compactMap { pid in try? KVMProcess(pid, in: files) }
  }

  /// The one process whose VM is called `name`.
  ///
  /// - Throws: ``AttachError`` where there is none, or more than one.
  public static func named(
    _ name: String, in files: ProcessFiles = ProcessFiles()
  ) throws(AttachError) -> KVMProcess {
    let known = all(in: files)
    let found = known.filter { $0.name == name }
    guard let first = found.first else { throw .noName(name, known: known.map(\.name)) }
    guard found.count == 1 else { throw .manyNames(name, found.map(\.pid)) }
    return first
  }

  /// vCPUs of which no thread is known.
  public var vcpusWithoutThread: [UInt32] {
    let known = Set(threads.map(\.vcpu))
    return vcpus.filter { !known.contains($0) }
  }

  /// Whether it is still the process that has its id.
  public func isAlive(in files: ProcessFiles = ProcessFiles()) -> Bool {
    files.identity(of: pid)?.startTicks == startTicks
  }

  /// Its threads.
  public var threadIDs: Set<UInt32> { Set(threads.map(\.id) + others) }

  /// Takes over which vCPUs its threads were known to run before.
  public mutating func keepThreads(of earlier: KVMProcess) {
    let known = Set(threads.map(\.id))
    threads += earlier.threads.filter { !known.contains($0.id) && others.contains($0.id) }
    threads.sort { ($0.vcpu, $0.id) < ($1.vcpu, $1.id) }
  }

  /// Takes over what a survey saw: which thread ran which vCPU, or called `KVM_RUN` with which descriptor.
  mutating func learn(_ sightings: [RunSighting], in files: ProcessFiles) {
    for sighting in sightings where others.contains(sighting.thread) {
      guard let vcpu = sighting.vcpu ?? sighting.descriptor.flatMap({ descriptors[$0] }),
        vcpus.contains(vcpu), !threads.contains(where: { $0.id == sighting.thread })
      else { continue }
      let name = files.name(ofThread: sighting.thread, of: pid) ?? program
      threads.append(Thread(id: sighting.thread, name: name, vcpu: vcpu))
    }
    threads.sort { ($0.vcpu, $0.id) < ($1.vcpu, $1.id) }
  }
}
