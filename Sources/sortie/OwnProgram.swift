import Glibc
import SystemPackage

/// This program's own executable.
enum OwnProgram {
  /// Its path; nil where /proc does not tell.
  static var path: FilePath? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    guard readlink("/proc/self/exe", &buffer, buffer.count - 1) > 0 else { return nil }
    return FilePath(platformString: buffer)
  }
}
