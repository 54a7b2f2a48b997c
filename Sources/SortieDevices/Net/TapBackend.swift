internal import CLinuxIO
internal import Glibc
import Synchronization

/// A tap interface of the host (Linux: Documentation/networking/tuntap.rst): what the guest sends, the host receives on
/// it, and the other way round.
///
/// Frames pass with a virtio_net_hdr, as vhost-net needs it, but with no offload: all the sums are in, and no frame is
/// longer than the MTU allows.
public final class TapBackend: NetBackend {
  /// Bytes of the header between the kernel and the descriptor: struct virtio_net_hdr_v1.
  static let headerBytes = 12

  /// The interface, as the kernel calls it.
  public let interface: String
  /// The interface's MTU when it was opened.
  public let mtu: Int
  /// The open /dev/net/tun, for vhost-net; still owned here.
  public let tapDescriptor: Int32

  private let poll: PollSet
  private let up = Atomic<Bool>(true)
  private let wantsRoom = Atomic<Bool>(false)

  /// Opens the tap interface `interface`, and creates it for as long as this lives if there is none. It is brought up.
  ///
  /// - Throws: ``HostError`` with what is missing: the privilege, the kernel's module, an interface that is free.
  public init(interface: String) throws(HostError) {
    guard Self.isName(interface) else {
      throw HostError("tap interface \"\(interface)\"", errno: EINVAL, hint: Self.nameRule)
    }
    self.interface = interface
    poll = try PollSet()
    tapDescriptor = try Self.attach(interface)
    do throws(HostError) {
      mtu = try Self.prepare(interface)
      guard poll.add(tapDescriptor) else { throw HostError("epoll_ctl", errno: ENOMEM) }
    } catch {
      close(tapDescriptor)
      throw error
    }
  }

  deinit { close(tapDescriptor) }

  /// What ``isName(_:)`` asks of a name, for people.
  public static let nameRule =
    "an interface's name has 1 to 15 ASCII characters and no blank, colon, slash or percent sign"

  /// Whether an interface may have this name (dev_valid_name of the kernel; the percent sign would make it a pattern).
  public static func isName(_ name: String) -> Bool {
    (1..<Int(SORTIE_INTERFACE_NAME_SIZE)).contains(name.utf8.count)
      && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !":/%".utf8.contains($0) }
  }

  private static func attach(_ interface: String) throws(HostError) -> Int32 {
    let descriptor = sortie_tap_open()
    guard descriptor >= 0 else {
      let hint =
        switch -descriptor {
        case ENOENT, ENODEV, ENXIO: "load the kernel's module: modprobe tun"
        case EACCES, EPERM: "run as root, or let this user open it"
        default: ""
        }
      throw HostError("open /dev/net/tun", errno: -descriptor, hint: hint)
    }
    let attached = sortie_tap_attach(descriptor, interface, Int32(headerBytes))
    guard attached >= 0 else {
      close(descriptor)
      let hint =
        switch -attached {
        case EPERM:
          "run as root, or make one for this user: sudo ip tuntap add \(interface) mode tap user $USER"
        case EBUSY: "another program has it; end that or name another interface"
        case EINVAL: "an interface of that name is no tap, or one with several queues; name another"
        default: ""
        }
      throw HostError("tap interface \(interface)", errno: -attached, hint: hint)
    }
    return descriptor
  }

  /// Brings the interface up and gives its MTU.
  private static func prepare(_ interface: String) throws(HostError) -> Int {
    let raised = sortie_interface_up(interface)
    guard raised >= 0 else {
      throw HostError(
        "tap interface \(interface) is down", errno: -raised,
        hint: "bring it up: sudo ip link set \(interface) up")
    }
    let mtu = sortie_interface_mtu(interface)
    guard mtu >= 0 else { throw HostError("the MTU of tap interface \(interface)", errno: -mtu) }
    return Int(mtu)
  }

  /// Whether the interface still exists.
  public var isLinkUp: Bool { up.load(ordering: .relaxed) }

  /// See ``NetBackend/pollDescriptor``.
  public var pollDescriptor: Int32 { poll.descriptor }

  /// The interface was removed, and its descriptor is of no use any more.
  private func lose() {
    up.store(false, ordering: .relaxed)
    poll.remove(tapDescriptor)
  }

  /// The host's end is there as long as the interface; that it was removed is noticed by receiving and sending.
  public func updateLink() {}

  /// See ``NetBackend/receive(into:)``.
  public func receive(into buffer: UnsafeMutableRawBufferPointer) -> NetReception {
    guard isLinkUp, let address = buffer.baseAddress else { return .nothing }
    let size = sortie_tap_read(tapDescriptor, Self.headerBytes, address, buffer.count)
    guard size >= 0 else {
      if size != -Int(EAGAIN) { lose() }
      return .nothing
    }
    let count = size - Self.headerBytes
    return count > buffer.count ? .oversized : .frame(max(count, 0))
  }

  /// See ``NetBackend/send(_:)``. A frame is also lost while the interface is down.
  public func send(_ frame: UnsafeRawBufferPointer) -> NetTransmission {
    guard isLinkUp, let address = frame.baseAddress else { return .dropped }
    let result = sortie_tap_write(tapDescriptor, Self.headerBytes, address, frame.count)
    let isFull = result == -Int(EAGAIN)
    if isFull || wantsRoom.load(ordering: .relaxed) {
      poll.watchForRoom(tapDescriptor, isFull)
      wantsRoom.store(isFull, ordering: .relaxed)
    }
    if isFull { return .full }
    if result == -Int(EBADFD) { lose() }
    return result >= 0 ? .sent : .dropped
  }
}
