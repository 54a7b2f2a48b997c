import SortieTrace
import SystemPackage

/// Traces as the verbs open them.
enum OpenTrace {
  /// The trace at `path`; says on standard error when it is not whole.
  ///
  /// - Throws: ``Failure``.
  static func open(_ path: FilePath) throws(Failure) -> TraceFile {
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
}
