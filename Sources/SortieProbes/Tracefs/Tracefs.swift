internal import CLinuxKVM
internal import Glibc
internal import SystemPackage

/// The kernel's tracing file system: the mounted one, or, with the privilege for it, one that is mounted nowhere and
/// gone with the process, so that the machine is left as it was found.
public final class Tracefs: Sendable {
  /// Where it is mounted; nil: nowhere.
  public let mountPoint: String?
  let root: KernelDirectory

  /// Where distributions mount it (Documentation/trace/ftrace.rst, "The File System").
  private static let mountPoints = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"]

  /// Opens it.
  ///
  /// - Throws: ``ProbeError/noTracefs(_:)``, ``ProbeError/forbidden(_:)``.
  public init() throws(ProbeError) {
    var forbidden: String?
    for path in Self.mountPoints {
      let descriptor = sortie_open_tracefs(path)
      if descriptor == -EACCES { forbidden = forbidden ?? path }
      guard descriptor >= 0 else { continue }
      mountPoint = path
      root = KernelDirectory(adopting: descriptor)
      return
    }
    let descriptor = sortie_detached_tracefs()
    guard descriptor >= 0 else {
      if let forbidden { throw .forbidden(forbidden) }
      throw .noTracefs(Errno(rawValue: -descriptor))
    }
    mountPoint = nil
    root = KernelDirectory(adopting: descriptor)
  }

  /// Whether the kernel has this event, named as `system/event`.
  public func has(event: String) -> Bool { root.has("events/\(event)/format") }
}
