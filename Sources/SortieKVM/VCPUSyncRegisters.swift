public import CLinuxKVM

extension VCPU {
  /// Has KVM store these register classes in the run page at each return of KVM_RUN.
  ///
  /// - Throws: `KVMError` naming the classes that this host does not exchange.
  public func enableSyncRegisters(_ sets: SyncRegisterSets) throws(KVMError) {
    let missing = sets.subtracting(supportedSyncRegisters)
    guard missing.isEmpty else {
      throw KVMError(
        operation: "KVM_CAP_SYNC_REGS", errno: 0,
        hint:
          "this host's run page has sets \(supportedSyncRegisters.rawValue), \(sets.rawValue) were asked for")
    }
    runPage.storeBytes(of: sets.rawValue, toByteOffset: SORTIE_RUN_VALID_REGS, as: UInt64.self)
  }

  /// RIP at the last return of KVM_RUN, with `general` enabled. Whether it points at the exiting instruction or
  /// the next depends on the exit and the host.
  @inlinable @inline(__always)
  public var syncRIP: UInt64 {
    runPage.load(fromByteOffset: SORTIE_SYNC_RIP, as: UInt64.self)
  }

  /// RFLAGS at the last return of KVM_RUN, with `general` enabled.
  @inlinable @inline(__always)
  public var syncRFLAGS: UInt64 {
    runPage.load(fromByteOffset: SORTIE_SYNC_RFLAGS, as: UInt64.self)
  }

  /// General registers at the last return of KVM_RUN, with `general` enabled; set, KVM takes them at the next.
  public var syncRegisters: Registers {
    get { Registers(runPage.load(fromByteOffset: SORTIE_SYNC_REGS, as: kvm_regs.self)) }
    nonmutating set {
      runPage.storeBytes(of: newValue.raw, toByteOffset: SORTIE_SYNC_REGS, as: kvm_regs.self)
      markDirty(.general)
    }
  }

  /// Special registers at the last return of KVM_RUN, with `special` enabled; set, KVM takes them at the next.
  public var syncSpecialRegisters: SpecialRegisters {
    get { SpecialRegisters(runPage.load(fromByteOffset: SORTIE_SYNC_SREGS, as: kvm_sregs.self)) }
    nonmutating set {
      runPage.storeBytes(of: newValue.raw, toByteOffset: SORTIE_SYNC_SREGS, as: kvm_sregs.self)
      markDirty(.special)
    }
  }

  /// Events that wait at the last return of KVM_RUN, with `events` enabled; set, KVM takes them at the next.
  public var syncEvents: VCPUEvents {
    get { VCPUEvents(raw: runPage.load(fromByteOffset: SORTIE_SYNC_EVENTS, as: kvm_vcpu_events.self)) }
    nonmutating set {
      runPage.storeBytes(of: newValue.raw, toByteOffset: SORTIE_SYNC_EVENTS, as: kvm_vcpu_events.self)
      markDirty(.events)
    }
  }

  /// The classes that KVM takes from the run page at the next KVM_RUN.
  public var dirtySyncRegisters: SyncRegisterSets {
    SyncRegisterSets(rawValue: runPage.load(fromByteOffset: SORTIE_RUN_DIRTY_REGS, as: UInt64.self))
  }

  private func markDirty(_ sets: SyncRegisterSets) {
    runPage.storeBytes(
      of: dirtySyncRegisters.union(sets).rawValue, toByteOffset: SORTIE_RUN_DIRTY_REGS, as: UInt64.self)
  }
}
