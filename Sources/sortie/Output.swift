import Glibc
import SystemPackage

/// Standard output: what was asked for, and nothing else.
enum Output {
  /// Writes `bytes`; false when nobody reads them any more (`sortie dump … | head`).
  ///
  /// - Throws: ``Failure`` for any other reason not to take them, such as a full disk.
  @discardableResult
  static func write(_ bytes: [UInt8]) throws(Failure) -> Bool {
    do {
      try FileDescriptor.standardOutput.writeAll(bytes)
      return true
    } catch Errno.brokenPipe {
      return false
    } catch {
      throw Failure("standard output cannot be written: \(error)")
    }
  }

  /// Writes a text and a newline.
  ///
  /// - Throws: ``Failure`` as ``write(_:)``.
  static func print(_ text: String) throws(Failure) {
    try write(Array((text + "\n").utf8))
  }
}
