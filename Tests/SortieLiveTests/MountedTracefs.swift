import Foundation
import Glibc

/// The kernel's tracing file system; where it is not mounted, it is for as long as this object is there.
final class MountedTracefs {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  let root: String
  private let mountPoint: TemporaryDirectory?

  /// Where it usually is.
  private static let usual = "/sys/kernel/tracing"

  static var isMountedAlready: Bool { access(usual + "/instances", F_OK) == 0 }

  init() throws {
    guard !Self.isMountedAlready else {
      (root, mountPoint) = (Self.usual, nil)
      return
    }
    let directory = try TemporaryDirectory()
    guard mount("tracefs", directory.path, "tracefs", 0, nil) == 0 else {
      throw Failure(description: "tracefs cannot be mounted: \(String(cString: strerror(errno)))")
    }
    (root, mountPoint) = (directory.path, directory)
  }

  deinit {
    if let mountPoint { umount2(mountPoint.path, Int32(MNT_DETACH)) }
  }

  /// The trace instances there are.
  func instances() throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: root + "/instances"))
  }
}
