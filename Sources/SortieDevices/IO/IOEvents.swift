/// What a descriptor is waited for, and what came: events of epoll_ctl(2), linux/eventpoll.h.
public struct IOEvents: OptionSet, Sendable {
  /// The bits.
  public let rawValue: UInt32
  /// Events from their bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Reading does not block (EPOLLIN).
  public static let readable = IOEvents(rawValue: 0x001)
  /// Writing does not block (EPOLLOUT).
  public static let writable = IOEvents(rawValue: 0x004)
  /// The descriptor failed (EPOLLERR); comes without being asked for.
  public static let error = IOEvents(rawValue: 0x008)
  /// The other end is gone (EPOLLHUP); comes without being asked for.
  public static let hangUp = IOEvents(rawValue: 0x010)
  /// Tells of changes only (EPOLLET): each signal of an eventfd once, which then need not be read.
  public static let edgeTriggered = IOEvents(rawValue: 1 << 31)
}
