import Glibc
import SystemPackage

/// Small text files of procfs and sysfs.
enum KernelFile {
  /// Largest file read, bytes; `/proc/cpuinfo` of a large host is the longest wanted.
  private static let largest = 4 << 20

  /// The text of `path`, without the newline at its end; nil if it is absent or may not be read.
  static func read(_ path: String) -> String? {
    guard let file = try? FileDescriptor.open(FilePath(path), .readOnly) else { return nil }
    defer { try? file.close() }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count < largest {
      // Such files have no size to ask for: they are made while they are read.
      guard let count = try? buffer.withUnsafeMutableBytes({ try file.read(into: $0) }) else { return nil }
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    var text = String(decoding: bytes, as: UTF8.self)
    while text.last?.isNewline == true { text.removeLast() }
    return text
  }

  /// Names in the directory `path`, sorted; empty if it is absent or may not be read.
  static func list(_ path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
