public import SystemPackage

/// What can go wrong with a trace file. Each case names the value that was wrong and where it stands.
public enum TraceError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file does not begin as a trace does; its first bytes (at most 16).
  case notATrace(path: String, firstBytes: [UInt8])
  /// The file ends at `size` bytes, before the end of its header.
  case truncated(path: String, size: UInt64, needed: UInt64)
  /// Written by a later format than this reader knows.
  case newerMajor(path: String, found: UInt16, supported: UInt16)
  /// Bytes at `offset` are not what was written.
  case corrupted(offset: UInt64, what: String)
  /// A count in the file is above the bounds of the format.
  case limit(offset: UInt64, what: String, value: UInt64, limit: UInt64)
  /// The file cannot be opened or created.
  case open(path: String, Errno)
  /// Another recorder is writing the file.
  case inUse(path: String)
  /// The file cannot be read at `offset`.
  case read(path: String, offset: UInt64, Errno)
  /// The file cannot be written; its first `offset` bytes are whole blocks and stay readable.
  case write(path: String, offset: UInt64, Errno)
  /// The caller's rows contradict themselves.
  case invalidRows(String)
  /// zstd refused to work (out of memory).
  case compressor(String)
  /// There is no memory for a ring of `bytes`.
  case memory(bytes: Int, Errno)
  /// The recorder's thread cannot be started.
  case thread(Errno)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .notATrace(let path, let bytes):
      "\(path): not a Sortie trace: it begins with "
        + (bytes.isEmpty
          ? "nothing, it is empty" : bytes.map { hexadecimal(UInt64($0), digits: 2) }.joined(separator: " "))
    case .truncated(let path, let size, let needed):
      "\(path): cut off at \(size) bytes, within the header of \(needed) bytes"
    case .newerMajor(let path, let found, let supported):
      "\(path): written in format \(found), this program reads up to format \(supported): use a newer sortie"
    case .corrupted(let offset, let what):
      "corrupted at offset \(offset): \(what)"
    case .limit(let offset, let what, let value, let limit):
      "refused at offset \(offset): \(what) is \(value), the format allows at most \(limit)"
    case .open(let path, let errno):
      "\(path): cannot be opened: \(errno)"
    case .inUse(let path):
      "\(path): another recorder is writing it; name another file"
    case .read(let path, let offset, let errno):
      "\(path): cannot be read at offset \(offset): \(errno)"
    case .write(let path, let offset, let errno):
      "\(path): cannot be written: \(errno); the first \(offset) bytes are whole and stay readable"
    case .invalidRows(let what):
      "rows that cannot be recorded: \(what)"
    case .compressor(let what):
      "zstd: \(what)"
    case .memory(let bytes, let errno):
      "no memory for a ring of \(bytes) bytes: \(errno)"
    case .thread(let errno):
      "the recorder's thread cannot be started: \(errno)"
    }
  }
}

/// `value` in hexadecimal with at least `digits` digits, without a prefix.
func hexadecimal(_ value: UInt64, digits: Int) -> String {
  let text = String(value, radix: 16)
  return String(repeating: "0", count: max(0, digits - text.count)) + text
}
