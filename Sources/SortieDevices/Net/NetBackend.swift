/// The far end of a network card's cable, on the host: Ethernet frames without their check sequence.
///
/// Nothing here waits. A card calls it from one thread at a time, but for ``isLinkUp`` and ``mtu``, which any thread may
/// read.
public protocol NetBackend: AnyObject, Sendable {
  /// The longest payload of a frame in bytes, the Ethernet header and a VLAN tag not counted.
  var mtu: Int { get }

  /// Whether the cable is plugged in at both ends.
  var isLinkUp: Bool { get }

  /// A descriptor to be watched for reading, edge-triggered (EPOLLIN and EPOLLET of epoll(7)): it tells that a frame has
  /// come, that there is room again after ``NetTransmission/full``, or that the link has changed. It tells only once,
  /// so frames are received until there is none.
  var pollDescriptor: Int32 { get }

  /// Looks whether the far end has come or gone, when ``pollDescriptor`` has told of something and no frame can be taken.
  /// Receiving and sending notice it, too.
  func updateLink()

  /// Takes the next frame into `buffer`.
  func receive(into buffer: UnsafeMutableRawBufferPointer) -> NetReception

  /// Sends one frame.
  func send(_ frame: UnsafeRawBufferPointer) -> NetTransmission
}

/// What came of asking a backend for a frame.
public enum NetReception: Equatable, Sendable {
  /// A frame of so many bytes.
  case frame(Int)
  /// A frame longer than the buffer; it is gone.
  case oversized
  /// No frame waits.
  case nothing
}

/// What became of a frame that a backend was given.
public enum NetTransmission: Equatable, Sendable {
  /// It is on its way.
  case sent
  /// There is no room now; the same frame may be offered again once there is.
  case full
  /// It is lost: the link is down, or the far end takes no such frame.
  case dropped
}
