import Glibc
import SystemPackage

/// Where traces are written that this program itself looks at.
struct TraceDirectory: ~Copyable {
  let path: FilePath
  /// They stay there; else each is removed once it was looked at, and the directory at the end.
  let isKept: Bool

  /// The directory `kept`, made where it is not there, or a temporary one.
  ///
  /// - Throws: ``Failure`` when there is no place for traces.
  init(keepingIn kept: FilePath?, for verb: String) throws(Failure) {
    if let kept {
      guard mkdir(kept.string, 0o755) == 0 || errno == EEXIST else {
        throw Failure("\(kept) cannot be made: \(String(cString: strerror(errno)))")
      }
      (path, isKept) = (kept, true)
      return
    }
    var template = Array("/tmp/sortie-\(verb)-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw Failure("no directory for traces can be made in /tmp: \(String(cString: strerror(errno)))")
    }
    (path, isKept) = (FilePath(platformString: template), false)
  }

  deinit { if !isKept { rmdir(path.string) } }

  /// The file `name` in it.
  func file(_ name: String) -> FilePath { path.appending(name) }

  /// Removes a file that was looked at, unless it is to stay.
  func release(_ file: FilePath) { if !isKept { unlink(file.string) } }
}
