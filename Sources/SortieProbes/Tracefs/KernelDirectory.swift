import Glibc
internal import SystemPackage

/// A directory of tracefs, held open; files are named by their paths in it.
final class KernelDirectory: Sendable {
  private let descriptor: Int32
  /// Largest file read, bytes; the longest `format` file of Linux 6.18 has 9 KiB.
  private static let largest = 1 << 20

  /// Takes over an open descriptor.
  init(adopting descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// The directory `path`.
  ///
  /// - Throws: ``ProbeError/file(_:operation:_:)``.
  func directory(_ path: String) throws(ProbeError) -> KernelDirectory {
    KernelDirectory(adopting: try open(path, O_RDONLY | O_DIRECTORY, "open"))
  }

  /// A descriptor of `path` for reading without waiting.
  ///
  /// - Throws: ``ProbeError/file(_:operation:_:)``.
  func reader(_ path: String) throws(ProbeError) -> Int32 { try open(path, O_RDONLY | O_NONBLOCK, "open") }

  /// The text of `path`.
  ///
  /// - Throws: ``ProbeError/file(_:operation:_:)``.
  func read(_ path: String) throws(ProbeError) -> String {
    let file = try open(path, O_RDONLY, "read")
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 14)
    while bytes.count < Self.largest {
      let count = Glibc.read(file, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .file(path, operation: "read", Errno(rawValue: errno)) }
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Replaces what `path` holds by `text`.
  ///
  /// - Throws: ``ProbeError/file(_:operation:_:)``.
  func write(_ text: String, to path: String) throws(ProbeError) {
    try write(text, to: path, O_TRUNC)
  }

  /// Adds `text` to what `path` holds.
  ///
  /// - Throws: ``ProbeError/file(_:operation:_:)``.
  func append(_ text: String, to path: String) throws(ProbeError) { try write(text, to: path, O_APPEND) }

  private func write(_ text: String, to path: String, _ mode: Int32) throws(ProbeError) {
    let file = try open(path, O_WRONLY | mode, "write")
    defer { close(file) }
    var text = text
    let failure = text.withUTF8 { bytes -> Int32 in
      while true {
        let count = Glibc.write(file, bytes.baseAddress, bytes.count)
        if count < 0, errno == EINTR { continue }
        return count == bytes.count ? 0 : count < 0 ? errno : EIO
      }
    }
    guard failure == 0 else { throw .file(path, operation: "write", Errno(rawValue: failure)) }
  }

  /// Names in `path`, sorted.
  ///
  /// - Throws: ``ProbeError/file(_:operation:_:)``.
  func names(in path: String) throws(ProbeError) -> [String] {
    let file = try open(path, O_RDONLY | O_DIRECTORY, "list")
    guard let stream = fdopendir(file) else {
      close(file)
      throw .file(path, operation: "list", Errno(rawValue: errno))
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Whether `path` is there.
  func has(_ path: String) -> Bool { faccessat(descriptor, path, F_OK, 0) == 0 }

  /// Makes the directory `path`.
  ///
  /// - Throws: ``ProbeError/file(_:operation:_:)``.
  func make(_ path: String) throws(ProbeError) {
    guard mkdirat(descriptor, path, 0o750) == 0 else {
      throw .file(path, operation: "create", Errno(rawValue: errno))
    }
  }

  /// Removes the directory `path`; false where it is in use or gone.
  @discardableResult
  func remove(_ path: String) -> Bool { unlinkat(descriptor, path, AT_REMOVEDIR) == 0 }

  private func open(_ path: String, _ flags: Int32, _ operation: String) throws(ProbeError) -> Int32 {
    while true {
      let file = openat(descriptor, path, flags | O_CLOEXEC)
      if file >= 0 { return file }
      guard errno == EINTR else { throw .file(path, operation: operation, Errno(rawValue: errno)) }
    }
  }
}
