import Synchronization

/// Frames that a card has passed or lost since it was made.
public struct NetTraffic: Equatable, Sendable {
  /// Frames of the guest that the backend took.
  public internal(set) var sent: UInt64 = 0
  /// Frames that the guest received.
  public internal(set) var received: UInt64 = 0
  /// Frames of the guest that were lost: too short, too long, with an offload asked for that was not negotiated, or
  /// refused by the backend.
  public internal(set) var sendDropped: UInt64 = 0
  /// Frames for the guest that were lost: longer than the MTU allows, or than its buffers.
  public internal(set) var receiveDropped: UInt64 = 0
}

/// ``NetTraffic`` as an I/O thread counts it and others read it.
final class NetCounters: Sendable {
  private let counts = Mutex(NetTraffic())

  var traffic: NetTraffic { counts.withLock { $0 } }

  func update(_ body: (inout NetTraffic) -> Void) { counts.withLock { body(&$0) } }
}
