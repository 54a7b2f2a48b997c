import Glibc

/// A Unix socket at which one at a time may talk to a guest's console. What the guest says while nobody is there is lost.
final class ConsoleSocket {
  private let path: String
  private let listener: Int32
  private var peer: Int32 = -1

  /// Listens at `path`, where there must be nothing yet.
  ///
  /// - Throws: ``Failure``.
  init(path: String) throws(Failure) {
    self.path = path
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard !path.isEmpty, path.utf8.count < room else {
      throw Failure(
        "--console unix:\(path): a socket's path has 1 to \(room - 1) bytes, this one \(path.utf8.count)",
        status: .usage)
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard listener >= 0, bound == 0, listen(listener, 1) == 0, Self.setNonBlocking(listener) else {
      let error = errno
      if listener >= 0 { close(listener) }
      let hint = error == EADDRINUSE ? "; remove what lies there or name another path" : ""
      throw Failure("--console unix:\(path): \(String(cString: strerror(error)))\(hint)")
    }
  }

  deinit {
    if peer >= 0 { close(peer) }
    close(listener)
    unlink(path)
  }

  private static func setNonBlocking(_ descriptor: Int32) -> Bool {
    fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 && fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
  }

  private func meet() -> Bool {
    if peer >= 0 { return true }
    peer = accept(listener, nil, nil)
    if peer >= 0, !Self.setNonBlocking(peer) { leave() }
    return peer >= 0
  }

  private func leave() {
    close(peer)
    peer = -1
  }

  func write(_ bytes: [UInt8]) {
    guard meet() else { return }
    // What a peer that does not read leaves no room for is lost.
    let count = bytes.withUnsafeBytes { send(peer, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    if count < 0, errno != EAGAIN, errno != EINTR { leave() }
  }

  /// What the peer sent, at most `count` bytes.
  func read(_ count: Int) -> [UInt8] {
    guard meet() else { return [] }
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      let received = Glibc.read(peer, buffer.baseAddress, count)
      filled = max(0, received)
      if received == 0 || (received < 0 && errno != EAGAIN && errno != EINTR) { leave() }
    }
  }
}
