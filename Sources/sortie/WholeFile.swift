import Glibc
import SystemPackage

/// A file that is written at once.
enum WholeFile {
  /// Makes sure, before anything is measured for it, that a file at `path` can be made.
  ///
  /// - Throws: ``Failure`` when it cannot.
  static func check(_ path: String?) throws(Failure) {
    guard let path else { return }
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      guard status.st_mode & S_IFMT != S_IFDIR else {
        throw Failure("\(path) is a directory", status: .usage)
      }
      return
    }
    let directory = FilePath(path).removingLastComponent()
    guard access(directory.isEmpty ? "." : directory.string, W_OK | X_OK) == 0 else {
      throw Failure("\(path) cannot be written: \(String(cString: strerror(errno)))", status: .usage)
    }
  }

  /// Writes `bytes` to `path`: to a file beside it first, so that an older one is whole or replaced, never half.
  ///
  /// - Throws: ``Failure`` when it cannot be written.
  static func write(_ bytes: [UInt8], to path: FilePath) throws(Failure) {
    var status = stat()
    // A pipe or a device is written to, not replaced.
    let isRegular = stat(path.string, &status) != 0 || status.st_mode & S_IFMT == S_IFREG
    let target = isRegular ? FilePath(path.string + ".new") : path
    do {
      let file = try FileDescriptor.open(
        target, .writeOnly, options: [.create, .truncate, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
      try file.closeAfter { _ = try file.writeAll(bytes) }
    } catch {
      throw Failure("\(path) cannot be written: \(error)")
    }
    guard !isRegular || rename(target.string, path.string) == 0 else {
      throw Failure("\(path) cannot be replaced: \(String(cString: strerror(errno)))")
    }
  }
}
