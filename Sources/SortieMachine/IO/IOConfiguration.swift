/// Devices that an I/O plan is performed on.
public enum IODevice: String, Sendable, CaseIterable {
  /// A virtio block device on PCI.
  case virtioBlock = "virtio-blk"
  /// The disk of a PIIX3's IDE controller.
  case ide
  /// A virtio network card on PCI.
  case virtioNet = "virtio-net"
  /// An Intel 82540EM.
  case e1000
  /// A virtio console on PCI.
  case virtioConsole = "virtio-console"
  /// The 16550 that the machine has in any case.
  case uart = "16550"

  /// What is done with devices of one kind is the same.
  enum Kind {
    /// Blocks are read and written.
    case disk
    /// Frames are sent, and answered.
    case network
    /// Characters are written.
    case console
  }

  /// What is done with it.
  var kind: Kind {
    switch self {
    case .virtioBlock, .ide: .disk
    case .virtioNet, .e1000: .network
    case .virtioConsole, .uart: .console
    }
  }

  /// It has virtqueues.
  var isVirtio: Bool { self == .virtioBlock || self == .virtioNet || self == .virtioConsole }

  /// It performs several operations at once.
  var takesSeveral: Bool { self == .virtioBlock || kind == .network }
}

/// The I/O of a bare-metal guest: what it does, on which device.
public struct IOConfiguration: Sendable {
  /// What the guest does.
  public var plan: IOPlan
  /// What it does it on.
  public var device: IODevice
  /// How a driver's kick of a virtio queue reaches its device.
  public var kick = KickMethod.ioeventfd
  /// How virtio devices interrupt.
  public var interrupts = InterruptMethod.irqfd
  /// The tap interface at which the host's kernel serves a virtio network card (vhost-net), made if there is none; nil: this
  /// program serves it.
  public var vhostInterface: String?
  /// Operations that a plan may have there, of which no frame must be lost: a tap interface keeps 1,000 that the card has not
  /// taken.
  public static let mostOperationsOverTap: UInt64 = 512

  /// The number of a transfer of the backend, from 1 up, of which one bit is to be wrong, to prove that it is found; 0: none.
  public var corruptedTransfer: UInt64 = 0

  /// `plan` on `device`.
  public init(plan: IOPlan, device: IODevice) {
    self.plan = plan
    self.device = device
  }

  /// What the trace says of it beforehand: `io_bytes` are those of an operation.
  public var attributes: [String: String] {
    var attributes = [
      "io_device": device.rawValue, "io_operations": "\(plan.operations)", "io_bytes": "\(plan.bytes)",
      "io_depth": "\(plan.depth)", "io_seed": "\(plan.seed)",
    ]
    if device.isVirtio {
      attributes["kick"] = kick.rawValue
      attributes["interrupt"] = interrupts.rawValue
    }
    if let vhostInterface { attributes["networks"] = "\(vhostInterface),vhost" }
    switch device.kind {
    case .disk:
      attributes["io_write_percent"] = "\(plan.writePercent)"
      attributes["io_pattern"] = plan.isSequential ? "sequential" : "random"
    case .network:
      attributes["io_frames"] =
        !plan.guestSendsFrames ? "received" : plan.machineSendsFrames ? "sent and answered" : "sent"
    case .console: break
    }
    return attributes
  }
}
