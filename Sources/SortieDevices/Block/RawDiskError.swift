internal import Glibc

/// Why a file cannot be used as a disk; each prints as a sentence that says what to do.
public enum RawDiskError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The system refused the file.
  case open(path: String, errno: Int32)
  /// The system allows no writing to the file.
  case writing(path: String, errno: Int32)
  /// A directory, a pipe or the like.
  case kind(path: String)
  /// The size is 0 or no multiple of a sector.
  case size(path: String, bytes: UInt64)
  /// Another process uses it.
  case inUse(path: String)

  /// A sentence for people.
  public var description: String {
    switch self {
    case .open(let path, let errno):
      "cannot open \(path): \(String(cString: strerror(errno)))"
        + (errno == ENOENT ? "; make it with `truncate -s 1G \(path)`" : "")
    case .writing(let path, let errno):
      "cannot open \(path) for writing: \(String(cString: strerror(errno))); to read only, say \(path),ro"
    case .kind(let path): "\(path) is neither a regular file nor a block device"
    case .size(let path, 0): "\(path) is empty: give it a size with `truncate -s 1G \(path)`"
    case .size(let path, let bytes):
      "\(path) has \(bytes) bytes, no multiple of \(sectorSize): "
        + "lengthen it with `truncate -s %\(sectorSize) \(path)`"
    case .inUse(let path):
      "\(path) is in use by another virtual machine: end that one, or attach the disk read-only to both"
    }
  }
}
