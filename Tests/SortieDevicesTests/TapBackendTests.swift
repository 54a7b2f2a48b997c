import Glibc
import SortieDevices
import Testing

/// Interfaces of names that hardly anyone has, which the kernel removes when their descriptor is closed.
@Suite(.serialized) struct TapBackendTests {
  private let interface = "srt\(getpid() % 100_000)"

  @Test(.needsTap)
  func theHostReceivesWhatTheGuestSendsAndTheOtherWayRound() throws {
    let tap = try TapBackend(interface: interface)
    #expect(tap.isLinkUp)
    #expect(tap.mtu == 1500)
    let socket = try PacketSocket(interface: interface)
    let watch = EdgeWatch(tap.pollDescriptor)
    let out = testFrame((0..<100).map { $0 })
    #expect(tap.send(out) == .sent)
    #expect(socket.wait(for: out))
    // Others of the host may send, too, such as its IPv6.
    while tap.receive() != nil {}
    _ = watch.fired()
    let back = testFrame([UInt8](repeating: 0xa5, count: 1500))
    #expect(socket.send(back))
    #expect(watch.fired())
    #expect(tap.wait { $0 == back } == back)
  }

  @Test(.needsTap)
  func aFrameLongerThanTheBufferIsGone() throws {
    let tap = try TapBackend(interface: interface)
    let socket = try PacketSocket(interface: interface)
    while tap.receive() != nil {}
    #expect(socket.send(testFrame([UInt8](repeating: 1, count: 1000))))
    var buffer = [UInt8](repeating: 0, count: 1000)
    #expect(buffer.withUnsafeMutableBytes { tap.receive(into: $0) } == .oversized)
  }

  @Test(.needsTap)
  func whatIsShorterThanAHeaderIsDropped() throws {
    let tap = try TapBackend(interface: interface)
    #expect(tap.send([UInt8](repeating: 0, count: 13)) == .dropped)
    #expect(tap.isLinkUp)
  }

  @Test(.needsTap)
  func anInterfaceInUseAndOneThatIsNoTapAreNamed() throws {
    let tap = try TapBackend(interface: interface)
    let busy = #expect(throws: HostError.self) { try TapBackend(interface: interface) }
    #expect(busy?.errno == EBUSY)
    #expect(busy?.description.contains(interface) == true)
    withExtendedLifetime(tap) {}
    let other = #expect(throws: HostError.self) { try TapBackend(interface: "lo") }
    #expect(other?.errno == EINVAL)
    #expect(other?.hint.contains("no tap") == true)
  }

  @Test(arguments: ["", "sixteen-letters-", "a b", "a/b", "tap%d", "a:1", "té"])
  func aNameThatNoInterfaceCanHaveIsRefused(name: String) {
    let error = #expect(throws: HostError.self) { try TapBackend(interface: name) }
    #expect(error?.hint.contains("1 to 15") == true)
  }
}

/// The host's side of an interface: all its frames (packet(7)).
private final class PacketSocket {
  private let descriptor: Int32

  // PF_PACKET, ETH_P_ALL in network byte order.
  init(interface: String) throws {
    let all = UInt16(0x0003).bigEndian
    descriptor = socket(17, Int32(SOCK_RAW.rawValue) | Int32(SOCK_NONBLOCK.rawValue), Int32(all))
    try #require(descriptor >= 0)
    // struct sockaddr_ll
    var address = [UInt8](repeating: 0, count: 20)
    address.withUnsafeMutableBytes { bytes in
      bytes.storeBytes(of: 17, as: UInt16.self)
      bytes.storeBytes(of: all, toByteOffset: 2, as: UInt16.self)
      bytes.storeBytes(of: if_nametoindex(interface), toByteOffset: 4, as: UInt32.self)
    }
    let bound = address.withUnsafeBytes { bytes in
      bytes.withMemoryRebound(to: sockaddr.self) { bind(descriptor, $0.baseAddress, 20) }
    }
    try #require(bound == 0)
  }

  deinit { close(descriptor) }

  func send(_ frame: [UInt8]) -> Bool { Glibc.send(descriptor, frame, frame.count, 0) == frame.count }

  func wait(for frame: [UInt8]) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 2000)
    for _ in 0..<2000 {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count >= 0, Array(buffer[..<count]) == frame { return true }
      if count < 0 { usleep(1000) }
    }
    return false
  }
}
