/// What a stretch of the timeline was made of, cycles: the five stages, and what was taken out of them.
struct StageCycles {
  /// 1: `k0 - g0`.
  var exitPath: UInt64 = 0
  /// 2: `(u0 - f0) + (f1 - u1)`.
  var switching: UInt64 = 0
  /// 3: `(f0 - k0) + (k2 - f1)`, `k2 - k0` when light.
  var kernel: UInt64 = 0
  /// 4: `u1 - u0`.
  var vmm: UInt64 = 0
  /// 5: `g1 - k2`.
  var entryPath: UInt64 = 0
  /// In the guest between two episodes of one operation.
  var guest: UInt64 = 0
  /// Halted.
  var blocked: UInt64 = 0
  /// Off the CPU.
  var offCPU: UInt64 = 0
  /// Of the VMM's, inside the device: `d1 - d0`.
  var device: UInt64 = 0

  mutating func add(_ other: StageCycles) {
    exitPath &+= other.exitPath
    switching &+= other.switching
    kernel &+= other.kernel
    vmm &+= other.vmm
    entryPath &+= other.entryPath
    guest &+= other.guest
    blocked &+= other.blocked
    offCPU &+= other.offCPU
    device &+= other.device
  }
}

/// What makes two light exits the same site.
struct LightKey: Hashable {
  var reason: HardwareExitReason
  /// 0: the guest exited; 1: a guest's guest.
  var nestedLevel: UInt8
  /// What it was about; nil where nothing says that.
  var detail: ExitDetail?

  /// The reason and the detail in words, and whose guest it was if not the host's own.
  var label: String {
    let label = [reason.label, detail?.text].compactMap { $0 }.joined(separator: " ")
    return nestedLevel > 0 ? "L\(Int(nestedLevel) + 1) \(label)" : label
  }
}

/// One exit of the guest to its re-entry.
struct Episode {
  /// `kvm_exit`.
  let k0: UInt64
  private(set) var key: LightKey
  /// `kvm_entry`.
  var k2: UInt64 = 0
  var roundTrips: UInt64 = 0
  var kicks: UInt64 = 0
  /// The site of all its round trips that the guest caused; nil without any.
  var site: Int?
  var isOneSite = true
  /// Its parts add up to all of it.
  var isWhole = true
  var stages = StageCycles()
  /// The thread was off the CPU on its way out of the guest, before this kernel reported the exit.
  var before = PhaseTime()
  /// What kept it off the CPU.
  var absences = AbsenceTally()

  init(k0: UInt64, key: LightKey, before: PhaseTime) {
    self.k0 = k0
    self.key = key
    self.before = before
  }

  /// Handled inside the kernel.
  var isLight: Bool { roundTrips == 0 }

  /// Takes in a stretch of its time.
  mutating func add(_ time: PhaseTime, _ stage: WritableKeyPath<StageCycles, UInt64>) {
    isWhole = isWhole && time.isWhole
    stages[keyPath: stage] &+= time.on
    stages.blocked &+= time.blocked
    stages.offCPU &+= time.off
    absences.add(time.absences)
  }

  /// Takes in what the kernel says it did for the guest.
  mutating func add(_ detail: ExitDetail) {
    key.detail = ExitDetail.refined(key.detail, of: key.reason, by: detail)
  }

  mutating func addRoundTrip(site: Int, isKick: Bool) {
    roundTrips += 1
    guard !isKick else {
      kicks += 1
      return
    }
    if let known = self.site { isOneSite = isOneSite && known == site } else { self.site = site }
  }
}
