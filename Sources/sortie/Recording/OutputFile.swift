import Glibc
import SortieTrace
import SystemPackage

/// A trace's file before it is written.
enum OutputFile {
  /// What `path` leads to, where a file is replaced by another one of its name: through links, and no device, pipe or terminal.
  ///
  /// - Throws: ``Failure`` where such a thing stands there.
  static func replaceable(_ path: FilePath) throws(Failure) -> FilePath {
    guard let name = realpath(path.string, nil) else { return path }
    defer { free(name) }
    var status = stat()
    guard stat(name, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw Failure(
        "\(path) is no regular file, and this is written anew now and then: name a file with -o",
        status: .usage)
    }
    return FilePath(String(cString: name))
  }

  /// The first bytes of a trace: a skippable frame of Zstandard (RFC 8878, section 3.1.2).
  private static let skippableMagic: ClosedRange<UInt32> = 0x184d_2a50...0x184d_2a5f

  /// Makes sure that writing `path` replaces nothing but an older trace: `-o my-guest.elf` is easily typed.
  ///
  /// - Throws: ``Failure``.
  static func check(_ path: FilePath) throws(Failure) {
    if path == "-" {
      throw Failure("a trace is not written to standard output; name a file with -o", status: .usage)
    }
    guard let file = try? FileDescriptor.open(path, .readOnly, options: [.nonBlocking]) else { return }
    defer { try? file.close() }
    var status = stat()
    // A pipe, a terminal or /dev/full holds nothing that could be lost.
    guard fstat(file.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else {
      return
    }
    var magic: UInt32 = 0
    let count = (try? withUnsafeMutableBytes(of: &magic) { try file.read(into: $0) }) ?? 0
    guard count == 4, skippableMagic.contains(UInt32(littleEndian: magic)) else {
      throw Failure(
        "\(path) exists and is no trace; it is not overwritten: choose another name with -o", status: .usage)
    }
  }

  /// The file at `path`, locked as a recorder's own for as long as it is open; nil where there is none yet, or none that can be
  /// locked.
  ///
  /// - Throws: ``Failure`` where another recorder has it.
  static func lock(_ path: FilePath) throws(Failure) -> FileDescriptor? {
    guard let file = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking]) else {
      return nil
    }
    guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
      let isTaken = errno == EWOULDBLOCK
      try? file.close()
      guard isTaken else { return nil }
      throw Failure(TraceError.inUse(path: path.string))
    }
    return file
  }
}
