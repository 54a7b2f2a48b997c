import Glibc

/// Names of functions as people read them.
public enum SwiftSymbol {
  /// `pio_write.PioWrite.run` for the mangled name of a Swift function; any other name as it is.
  ///
  /// What the optimizer did to a function (`function signature specialization <…> of …`) and its type stay out: they
  /// fill a line and tell nothing about who asked for an exit.
  public static func readable(_ name: String) -> String {
    guard name.hasPrefix("$s") || name.hasPrefix("$e"), let full = demangled(name) else { return name }
    let subject = full.split(separator: " of ", omittingEmptySubsequences: true).last.map(String.init) ?? full
    let words = subject.prefix { $0 != "(" && $0 != "<" }.split(separator: " ")
    return words.last.map(String.init) ?? full
  }

  private static func demangled(_ name: String) -> String? {
    let text = name.withCString { swiftDemangle($0, UInt(strlen($0)), nil, nil, 0) }
    guard let text else { return nil }
    defer { free(text) }
    return String(cString: text)
  }
}

/// The demangler of the Swift runtime (stdlib/include/swift/Demangling/Demangle.h); the result is for `free`.
@_silgen_name("swift_demangle")
private func swiftDemangle(
  _ name: UnsafePointer<CChar>, _ length: UInt, _ buffer: UnsafeMutablePointer<CChar>?,
  _ size: UnsafeMutablePointer<UInt>?, _ flags: UInt32
) -> UnsafeMutablePointer<CChar>?
