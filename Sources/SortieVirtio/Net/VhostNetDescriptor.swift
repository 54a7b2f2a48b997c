internal import CLinuxIO
internal import Glibc
import SortieDevices

/// An open /dev/vhost-net.
final class VhostNetDescriptor: VhostCalls {
  private let descriptor: Int32

  init() throws(HostError) {
    descriptor = open("/dev/vhost-net", O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else {
      let hint =
        switch errno {
        case ENOENT, ENODEV, ENXIO: "load the kernel's module: modprobe vhost_net"
        case EACCES, EPERM: "run as root, or let this user open it"
        default: ""
        }
      throw HostError("open /dev/vhost-net", errno: errno, hint: hint)
    }
  }

  deinit { close(descriptor) }

  func perform(_ request: VhostRequest) throws(HostError) -> UInt64 {
    switch request {
    case .setOwner:
      try control(request, SORTIE_VHOST_SET_OWNER, nil)
    case .getFeatures:
      var features: UInt64 = 0
      try control(request, SORTIE_VHOST_GET_FEATURES, &features)
      return features
    case .setFeatures(var features):
      try control(request, SORTIE_VHOST_SET_FEATURES, &features)
    case .setMemoryTable(let regions):
      var table = sortie_vhost_memory()
      table.nregions = UInt32(regions.count)
      withUnsafeMutableBytes(of: &table.regions) { bytes in
        let places = bytes.bindMemory(to: vhost_memory_region.self)
        for (place, region) in zip(places.indices, regions) {
          places[place] = vhost_memory_region(
            guest_phys_addr: region.guestAddress, memory_size: region.byteCount,
            userspace_addr: region.hostAddress, flags_padding: 0)
        }
      }
      try control(request, SORTIE_VHOST_SET_MEM_TABLE, &table)
    case .setRingSize(let queue, let size):
      return try state(request, SORTIE_VHOST_SET_VRING_NUM, queue, UInt32(size))
    case .setRingBase(let queue, let base):
      return try state(request, SORTIE_VHOST_SET_VRING_BASE, queue, UInt32(base))
    case .getRingBase(let queue):
      return try state(request, SORTIE_VHOST_GET_VRING_BASE, queue, 0)
    case .setRingAddresses(let queue, let descriptors, let used, let available):
      var addresses = vhost_vring_addr(
        index: UInt32(queue), flags: 0, desc_user_addr: descriptors, used_user_addr: used,
        avail_user_addr: available, log_guest_addr: 0)
      try control(request, SORTIE_VHOST_SET_VRING_ADDR, &addresses)
    case .setRingKick(let queue, let file):
      try setFile(request, SORTIE_VHOST_SET_VRING_KICK, queue, file)
    case .setRingCall(let queue, let file):
      try setFile(request, SORTIE_VHOST_SET_VRING_CALL, queue, file)
    case .setRingError(let queue, let file):
      try setFile(request, SORTIE_VHOST_SET_VRING_ERR, queue, file)
    case .setBackend(let queue, let file):
      try setFile(request, SORTIE_VHOST_NET_SET_BACKEND, queue, file)
    }
    return 0
  }

  private func state(
    _ request: VhostRequest, _ code: UInt, _ queue: Int, _ value: UInt32
  ) throws(HostError) -> UInt64 {
    var state = vhost_vring_state(index: UInt32(queue), num: value)
    try control(request, code, &state)
    return UInt64(state.num)
  }

  private func setFile(
    _ request: VhostRequest, _ code: UInt, _ queue: Int, _ file: Int32
  ) throws(HostError) {
    var file = vhost_vring_file(index: UInt32(queue), fd: file)
    try control(request, code, &file)
  }

  private func control(
    _ request: VhostRequest, _ code: UInt, _ argument: UnsafeMutableRawPointer?
  ) throws(HostError) {
    let result = sortie_vhost_ioctl(descriptor, code, argument)
    guard result >= 0 else { throw HostError(request.name, errno: -result) }
  }
}
