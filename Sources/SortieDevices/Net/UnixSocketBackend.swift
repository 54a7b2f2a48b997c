internal import CLinuxIO
internal import Glibc
import Synchronization

/// A cable between two guests: a Unix socket of type SOCK_SEQPACKET, one message a frame. It needs no privilege.
///
/// Whoever comes first listens, the other connects. When one goes, the link of the other is down until a guest comes
/// again; a third guest waits until then.
public final class UnixSocketBackend: NetBackend {
  /// Where the socket lies in the file system.
  public let path: String
  /// See ``NetBackend/mtu``; both ends should have the same.
  public let mtu: Int

  private struct State {
    var listener: Int32?
    var connection: Int32?
    var wantsRoom = false
  }

  private let poll: PollSet
  private let state = Mutex(State())
  private let up = Atomic<Bool>(false)

  /// One end of the cable at `path`.
  ///
  /// - Throws: ``HostError`` when there is something else at `path`, or no socket can be made there.
  public init(path: String, mtu: Int = 1500) throws(HostError) {
    self.path = path
    self.mtu = mtu
    poll = try PollSet()
    let ends = try Self.establish(path)
    state.withLock { adopt(ends, &$0) }
  }

  deinit {
    state.withLock { state in
      if let connection = state.connection { close(connection) }
      guard let listener = state.listener else { return }
      close(listener)
      _ = sortie_unix_remove(path)
    }
  }

  /// Connects to who listens at `path`, or listens there. A socket that nobody listens at is left over from a program
  /// that was killed.
  private static func establish(_ path: String) throws(HostError) -> (
    listener: Int32?, connection: Int32?
  ) {
    // Two that come at once would each take the other's socket, bound but not yet listening, for a leftover.
    let lock = sortie_unix_lock(path)
    defer { if lock >= 0 { close(lock) } }
    let connection = sortie_unix_connect(path)
    if connection >= 0 { return (nil, connection) }
    var result = connection
    if result == -ECONNREFUSED { result = sortie_unix_remove(path) }
    if result == 0 || result == -ENOENT {
      result = sortie_unix_listen(path)
      if result >= 0 { return (result, nil) }
    }
    let hint =
      switch -result {
      case ENAMETOOLONG: "a socket's path has at most \(SORTIE_UNIX_PATH_LIMIT) bytes"
      case ENOENT: "its directory does not exist"
      case ENOTSOCK: "a file that is no socket lies there; name another path"
      case EPROTOTYPE: "the socket there is another program's; name another path"
      case EAGAIN: "two guests are connected there already; name another path"
      case EACCES, EPERM: "name a path that this user may write"
      default: ""
      }
    throw HostError("socket \(path)", errno: -result, hint: hint)
  }

  /// Whether the other end is there.
  public var isLinkUp: Bool { up.load(ordering: .relaxed) }

  /// See ``NetBackend/pollDescriptor``.
  public var pollDescriptor: Int32 { poll.descriptor }

  private func adopt(_ ends: (listener: Int32?, connection: Int32?), _ state: inout State) {
    if let listener = ends.listener {
      state.listener = listener
      _ = poll.add(listener)
    }
    guard let connection = ends.connection else { return }
    state.connection = connection
    state.wantsRoom = false
    _ = poll.add(connection)
    up.store(true, ordering: .relaxed)
  }

  /// The other end has gone. Who was connected takes over the listening, or a guest that comes again would find nobody.
  private func lose(_ state: inout State) {
    if let connection = state.connection { close(connection) }
    state.connection = nil
    up.store(false, ordering: .relaxed)
    guard state.listener == nil, let ends = try? Self.establish(path) else { return }
    adopt(ends, &state)
  }

  /// See ``NetBackend/updateLink()``.
  public func updateLink() {
    state.withLock { state in
      if let connection = state.connection, sortie_unix_is_closed(connection) { lose(&state) }
      accept(&state)
    }
  }

  /// See ``NetBackend/receive(into:)``.
  public func receive(into buffer: UnsafeMutableRawBufferPointer) -> NetReception {
    guard let address = buffer.baseAddress else { return .nothing }
    return state.withLock { state in
      // Once more when the other end has gone, for the next may wait already, of which nothing would tell.
      for _ in 0..<2 {
        accept(&state)
        guard let connection = state.connection else { return .nothing }
        let size = sortie_unix_receive(connection, address, buffer.count)
        if size > 0 { return size > buffer.count ? .oversized : .frame(size) }
        if size == -Int(EAGAIN) { return .nothing }
        lose(&state)
      }
      return .nothing
    }
  }

  private func accept(_ state: inout State) {
    guard state.connection == nil, let listener = state.listener else { return }
    let accepted = sortie_unix_accept(listener)
    if accepted >= 0 { adopt((nil, accepted), &state) }
  }

  /// See ``NetBackend/send(_:)``.
  public func send(_ frame: UnsafeRawBufferPointer) -> NetTransmission {
    guard let address = frame.baseAddress else { return .dropped }
    return state.withLock { state in
      guard let connection = state.connection else { return .dropped }
      let error = -sortie_unix_send(connection, address, frame.count)
      if error == EAGAIN || state.wantsRoom {
        state.wantsRoom = error == EAGAIN
        poll.watchForRoom(connection, state.wantsRoom)
      }
      switch error {
      case 0: return .sent
      case EAGAIN: return .full
      case EMSGSIZE, ENOBUFS, ENOMEM: return .dropped
      default:
        lose(&state)
        return .dropped
      }
    }
  }
}
