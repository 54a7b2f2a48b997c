internal import CLinuxKVM

/// Where a global system interrupt goes.
public enum InterruptRoute: Equatable, Sendable {
  /// A pin of the in-kernel irqchip: chip 0 (PIC master), 1 (PIC slave) or 2 (I/O APIC).
  case irqchip(gsi: UInt32, chip: UInt32, pin: UInt32)
  /// A message: address and data as in PCI's MSI.
  case msi(gsi: UInt32, address: UInt64, data: UInt32)
}

extension VirtualMachine {
  /// Makes the in-kernel PIC, I/O APIC and, with each later vCPU, local APIC (KVM_CREATE_IRQCHIP).
  public func createIRQChip() throws(KVMError) {
    try control(
      fileDescriptor, SORTIE_KVM_CREATE_IRQCHIP, "KVM_CREATE_IRQCHIP",
      hint: "once for a VM, before its first vCPU")
  }

  /// Makes the in-kernel i8254; `speakerDummy` also answers port 0x61 (KVM_CREATE_PIT2).
  public func createPIT(speakerDummy: Bool = true) throws(KVMError) {
    var raw = kvm_pit_config()
    raw.flags = speakerDummy ? UInt32(KVM_PIT_SPEAKER_DUMMY) : 0
    try control(fileDescriptor, SORTIE_KVM_CREATE_PIT2, "KVM_CREATE_PIT2", &raw, hint: "it needs the irqchip")
  }

  /// Local APICs in the kernel, PIC and I/O APIC in user space (KVM_CAP_SPLIT_IRQCHIP).
  public func enableSplitIRQChip(pins: UInt32 = 24) throws(KVMError) {
    try enableCapability(.splitIRQChip, UInt64(pins))
  }

  /// Sets the level of an interrupt line of the in-kernel irqchip (KVM_IRQ_LINE).
  public func setIRQLine(gsi: UInt32, level: Bool) throws(KVMError) {
    var raw = kvm_irq_level()
    raw.irq = gsi
    raw.level = level ? 1 : 0
    try control(
      fileDescriptor, SORTIE_KVM_IRQ_LINE, "KVM_IRQ_LINE gsi \(gsi)", &raw,
      hint: "it needs the in-kernel irqchip")
  }

  /// Sends a message signalled interrupt (KVM_SIGNAL_MSI).
  ///
  /// - Returns: whether a vCPU took it; false when the guest has masked it.
  @discardableResult
  public func signalMSI(address: UInt64, data: UInt32) throws(KVMError) -> Bool {
    var raw = kvm_msi()
    raw.address_lo = UInt32(truncatingIfNeeded: address)
    raw.address_hi = UInt32(truncatingIfNeeded: address >> 32)
    raw.data = data
    return try control(
      fileDescriptor, SORTIE_KVM_SIGNAL_MSI, "KVM_SIGNAL_MSI to 0x\(String(address, radix: 16))", &raw,
      hint: "it needs in-kernel local APICs") > 0
  }

  /// Replaces the whole table of interrupt routes (KVM_SET_GSI_ROUTING).
  public func setGSIRouting(_ routes: [InterruptRoute]) throws(KVMError) {
    let limit = Int(capability(.irqRouting))
    guard routes.count <= limit else {
      throw KVMError(
        operation: "KVM_SET_GSI_ROUTING", errno: 0, hint: "\(routes.count) routes, this host takes \(limit)")
    }
    let size = Int(SORTIE_ROUTING_HEADER_SIZE) + routes.count * Int(SORTIE_ROUTING_ENTRY_SIZE)
    let buffer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
    defer { buffer.deallocate() }
    buffer.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    buffer.storeBytes(of: UInt32(routes.count), as: UInt32.self)
    for (position, route) in routes.enumerated() {
      var entry = kvm_irq_routing_entry()
      switch route {
      case .irqchip(let gsi, let chip, let pin):
        entry.gsi = gsi
        entry.type = UInt32(KVM_IRQ_ROUTING_IRQCHIP)
        entry.u.irqchip = kvm_irq_routing_irqchip(irqchip: chip, pin: pin)
      case .msi(let gsi, let address, let data):
        entry.gsi = gsi
        entry.type = UInt32(KVM_IRQ_ROUTING_MSI)
        entry.u.msi.address_lo = UInt32(truncatingIfNeeded: address)
        entry.u.msi.address_hi = UInt32(truncatingIfNeeded: address >> 32)
        entry.u.msi.data = data
      }
      buffer.storeBytes(
        of: entry, toByteOffset: Int(SORTIE_ROUTING_HEADER_SIZE) + position * Int(SORTIE_ROUTING_ENTRY_SIZE),
        as: kvm_irq_routing_entry.self)
    }
    try control(fileDescriptor, SORTIE_KVM_SET_GSI_ROUTING, "KVM_SET_GSI_ROUTING", buffer: buffer)
  }

  /// Raises interrupt `gsi` whenever `event` is signalled (KVM_IRQFD). With `resample` the interrupt is level
  /// triggered, and `resample` is signalled when the guest ends it.
  public func assignIRQFD(
    _ event: borrowing EventFD, gsi: UInt32, resample: borrowing EventFD
  ) throws(KVMError) {
    try irqFD(
      event.fileDescriptor, gsi, flags: UInt32(KVM_IRQFD_FLAG_RESAMPLE), resample: resample.fileDescriptor)
  }

  /// Raises the edge-triggered interrupt `gsi` whenever `event` is signalled (KVM_IRQFD).
  public func assignIRQFD(_ event: borrowing EventFD, gsi: UInt32) throws(KVMError) {
    try irqFD(event.fileDescriptor, gsi, flags: 0, resample: 0)
  }

  /// Ends what `assignIRQFD` began.
  public func deassignIRQFD(_ event: borrowing EventFD, gsi: UInt32) throws(KVMError) {
    try irqFD(event.fileDescriptor, gsi, flags: UInt32(KVM_IRQFD_FLAG_DEASSIGN), resample: 0)
  }

  private func irqFD(_ event: Int32, _ gsi: UInt32, flags: UInt32, resample: Int32) throws(KVMError) {
    var raw = kvm_irqfd()
    raw.fd = UInt32(bitPattern: event)
    raw.gsi = gsi
    raw.flags = flags
    raw.resamplefd = UInt32(bitPattern: resample)
    try control(
      fileDescriptor, SORTIE_KVM_IRQFD, "KVM_IRQFD gsi \(gsi)", &raw,
      hint: "it needs an irqchip, and an eventfd serves one interrupt")
  }
}
