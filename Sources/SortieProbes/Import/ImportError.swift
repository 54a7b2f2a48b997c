public import SortieTrace
public import SystemPackage

/// Why another tool's recording does not become a trace.
public enum ImportError: Error, Sendable, CustomStringConvertible {
  /// The file cannot be opened.
  case open(path: String, Errno)
  /// The file cannot be read there, bytes from its start.
  case read(path: String, offset: UInt64, Errno)
  /// What the file holds ends before something that it promises: where, bytes from its start.
  case truncated(offset: UInt64, what: String)
  /// What stands there cannot be: where, bytes from the start of the file, or of the part that is named.
  case malformed(offset: UInt64, what: String)
  /// It is a recording, but not one that is read; in words, with what to do instead.
  case refused(String)
  /// The trace cannot be written.
  case trace(TraceError)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .open(let path, let errno): "\(path): cannot be opened: \(errno)"
    case .read(let path, let offset, let errno): "\(path): cannot be read at byte \(offset): \(errno)"
    case .truncated(let offset, let what): "\(what): the file ends too early, at byte \(offset)"
    case .malformed(let offset, let what): "\(what) (byte \(offset))"
    case .refused(let what): what
    case .trace(let error): "\(error)"
    }
  }
}
