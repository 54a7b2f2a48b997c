internal import CLinuxIO
internal import Glibc

/// The host's end of a tap interface, for frames of one Ethernet type: what the card at the interface sends comes out here,
/// and the card receives what is sent here, and nothing else that the host may send on a new interface.
public final class TapHostEnd: Sendable {
  /// Becomes readable when a frame has come.
  public let descriptor: Int32

  private let tap: TapBackend

  /// Whom frames for the card are for, of the addresses that are administered locally.
  private static let station: [UInt8] = [0x02, 0x53, 0x4f, 0x52, 0x54, 0x49]
  /// Bytes of frames that may wait.
  private static let room: Int32 = 8 << 20

  /// The host's end of `tap`, for frames of `type`.
  ///
  /// - Throws: ``HostError``, without the privilege above all.
  public init(_ tap: TapBackend, type: UInt16) throws(HostError) {
    self.tap = tap
    let filtered = sortie_tap_pass_only(tap.tapDescriptor, Self.station)
    guard filtered >= 0 else {
      throw HostError("the filter of tap interface \(tap.interface)", errno: -filtered)
    }
    descriptor = sortie_packet_open(tap.interface, type, Self.room)
    guard descriptor >= 0 else {
      throw HostError(
        "a packet socket on \(tap.interface)", errno: -descriptor,
        hint: descriptor == -EPERM ? "run as root" : "")
    }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    // An interface that was there before stays, and its next user wants all frames.
    _ = sortie_tap_pass_only(tap.tapDescriptor, nil)
  }

  /// Takes the next frame into `buffer`.
  public func receive(into buffer: UnsafeMutableRawBufferPointer) -> NetReception {
    guard let address = buffer.baseAddress else { return .nothing }
    let size = sortie_packet_receive(descriptor, address, buffer.count)
    return size < 0 ? .nothing : size > buffer.count ? .oversized : .frame(size)
  }

  /// Sends `frame`, whose destination becomes the card.
  ///
  /// - Returns: false where it is lost.
  public func send(_ frame: UnsafeMutableRawBufferPointer) -> Bool {
    guard frame.count >= EthernetFrame.headerBytes, let address = frame.baseAddress else { return false }
    frame.copyBytes(from: Self.station)
    return sortie_packet_send(descriptor, address, frame.count) >= 0
  }
}
