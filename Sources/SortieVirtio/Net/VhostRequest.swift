import SortieDevices

/// One call to a vhost device of the kernel (linux/vhost.h). Addresses are the host's.
enum VhostRequest: Equatable, Sendable {
  case setOwner
  /// Gives the features.
  case getFeatures
  case setFeatures(UInt64)
  case setMemoryTable([Region])
  case setRingSize(queue: Int, size: UInt16)
  case setRingBase(queue: Int, base: UInt16)
  /// Gives the base: the index of the next available entry.
  case getRingBase(queue: Int)
  case setRingAddresses(queue: Int, descriptors: UInt64, used: UInt64, available: UInt64)
  case setRingKick(queue: Int, descriptor: Int32)
  case setRingCall(queue: Int, descriptor: Int32)
  case setRingError(queue: Int, descriptor: Int32)
  case setBackend(queue: Int, descriptor: Int32)

  /// What takes a descriptor off a ring (VHOST_FILE_UNBIND).
  static let noDescriptor: Int32 = -1

  /// RAM of the guest and where the host sees it.
  struct Region: Equatable, Sendable {
    var guestAddress: UInt64
    var byteCount: UInt64
    var hostAddress: UInt64
  }

  /// What the kernel calls it.
  var name: String {
    switch self {
    case .setOwner: "VHOST_SET_OWNER"
    case .getFeatures: "VHOST_GET_FEATURES"
    case .setFeatures: "VHOST_SET_FEATURES"
    case .setMemoryTable: "VHOST_SET_MEM_TABLE"
    case .setRingSize: "VHOST_SET_VRING_NUM"
    case .setRingBase: "VHOST_SET_VRING_BASE"
    case .getRingBase: "VHOST_GET_VRING_BASE"
    case .setRingAddresses: "VHOST_SET_VRING_ADDR"
    case .setRingKick: "VHOST_SET_VRING_KICK"
    case .setRingCall: "VHOST_SET_VRING_CALL"
    case .setRingError: "VHOST_SET_VRING_ERR"
    case .setBackend: "VHOST_NET_SET_BACKEND"
    }
  }
}

/// Whoever carries out a ``VhostRequest``: the kernel, or a test.
protocol VhostCalls: Sendable {
  /// - Returns: what the request asks for; 0 for those that only set something.
  @discardableResult
  func perform(_ request: VhostRequest) throws(HostError) -> UInt64
}
