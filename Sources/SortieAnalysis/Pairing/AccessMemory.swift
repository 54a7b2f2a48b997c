import SortieTrace

/// What a port or memory access that goes to user space is about, as the events before it tell.
struct AccessMemory {
  /// What an access was about.
  struct Access {
    var address: UInt64
    var size: UInt8
    var isWrite: Bool
    /// Elements; 0: not known.
    var count: UInt32
  }

  /// What the accesses since the last entry of `KVM_RUN` or of the guest were about.
  private var ports: Access?
  private var memory: [Access] = []
  /// What the hardware said of the exit that is being handled.
  private var hardware: Access?
  /// Guest RIP of that exit; 0 where it is not known.
  private(set) var rip: UInt64 = 0

  /// A guest exits.
  mutating func exit(_ detail: ExitDetail?, rip: UInt64) {
    self = AccessMemory()
    hardware = detail.flatMap(Access.init)
    self.rip = rip
  }

  /// A guest is entered.
  mutating func entry() { self = AccessMemory() }

  /// `KVM_RUN` is called.
  mutating func call() { ports = nil }

  /// What `kvm_pio` says; nil where it is no access to a port.
  mutating func port(_ detail: ExitDetail, _ count: UInt32) -> Access? {
    guard var access = Access(detail) else { return nil }
    access.count = count
    if access.isWrite { ports = access }
    return access
  }

  /// A write, or a read that KVM cannot answer. One that lies across a page is two accesses, and two round trips.
  mutating func memory(_ detail: ExitDetail) {
    guard case .memory(let address, let size, let isWrite, let isOpen) = detail, isWrite || isOpen else {
      return
    }
    let access = Access(address: address, size: UInt8(clamping: size), isWrite: isWrite, count: 1)
    if memory.count == 1, let last = memory.last, last.address &+ UInt64(last.size) == address,
      address & 0xfff == 0
    {
      memory.append(access)
    } else {
      memory = [access]
    }
  }

  /// Fills in what the access of a round trip was about; false where that is still to come.
  mutating func describe(_ record: inout RoundTripRecord) -> Bool {
    record.address = SiteKey.unknownAddress
    switch record.reason {
    case KVMExitReason.io:
      guard let access = ports ?? hardware else { return false }
      access.fill(&record)
      ports = nil
    case KVMExitReason.mmio where !memory.isEmpty: memory.removeFirst().fill(&record)
    default: break
    }
    return true
  }
}

extension AccessMemory.Access {
  /// The access to a port that an exit or an event was about; nil of anything else.
  init?(_ detail: ExitDetail) {
    guard case .port(let port, let size, let isWrite, let isString) = detail else { return nil }
    self.init(address: UInt64(port), size: size, isWrite: isWrite, count: isString ? 0 : 1)
  }

  /// Says in `record` what it was about.
  func fill(_ record: inout RoundTripRecord) {
    (record.address, record.size, record.count) = (address, size, count)
    if isWrite { record.flags.insert(.write) }
  }
}
