import Glibc
import SortieAnalysis
import SortieTrace
import SystemPackage

/// Traces as the verbs open them.
enum OpenTrace {
  /// The trace at `path`; says on standard error when it is not whole.
  ///
  /// - Throws: ``Failure``.
  static func open(_ path: FilePath) throws(Failure) -> TraceFile {
    var status = stat()
    if stat(path.string, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      throw Failure("\(path) is no regular file; a trace is a file that `sortie record` wrote")
    }
    do {
      let trace = try TraceFile(path: path)
      if !trace.isComplete {
        Terminal.note("\(path) is not whole; `sortie info \(path)` says what was recovered")
      }
      return trace
    } catch {
      throw Failure(error)
    }
  }

  /// What the trace at `path` says; of one that is not whole, what of it is there.
  ///
  /// - Throws: ``Failure`` naming the file.
  static func analysis(_ path: FilePath, sites: SiteScope = .wholeRuns) throws(Failure) -> Analysis {
    let trace = try open(path)
    do {
      return try analyze(TraceFileSource(trace), sites: sites)
    } catch {
      throw Failure("\(path): \(error)")
    }
  }
}
