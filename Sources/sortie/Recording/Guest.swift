import Glibc
import SystemPackage
import WorkloadCatalog

/// A guest as the command line names it: one of the catalog's, or an ELF file.
struct Guest {
  /// What reports call it.
  let name: String
  /// Its image.
  let path: FilePath
  /// What the catalog says of it; nil for a guest of the user's own.
  let workload: Workload?

  /// The guest that `argument` names: a workload by its name, else a path.
  ///
  /// - Throws: ``Failure`` when it is neither.
  init(_ argument: String) throws(Failure) {
    if let workload = Workload.named(argument) {
      try self.init(workload)
      return
    }
    guard access(argument, F_OK) == 0 else {
      let hint =
        argument.contains("/") ? "" : "; `sortie workloads` lists the guests that come with sortie"
      throw Failure(
        "\(argument): neither a workload nor a file (\(String(cString: strerror(errno))))\(hint)",
        status: .usage)
    }
    let path = FilePath(argument)
    self.init(name: path.lastComponent?.stem ?? argument, path: path, workload: nil)
  }

  /// A kernel of the user's own.
  init(kernel path: FilePath) {
    self.init(name: path.lastComponent?.string ?? path.string, path: path, workload: nil)
  }

  private init(name: String, path: FilePath, workload: Workload?) {
    self.name = name
    self.path = path
    self.workload = workload
  }

  /// A workload of the catalog.
  ///
  /// - Throws: ``Failure`` when its image is not where images are.
  init(_ workload: Workload) throws(Failure) {
    let directories = Self.directories
    guard
      let path = directories.map({ $0.appending(workload.name) }).first(where: {
        access($0.string, R_OK) == 0
      })
    else {
      throw Failure(
        "the image of workload \(workload.name) is in none of \(directories.map(\.string).joined(separator: ", ")); "
          + "`make build` puts it beside sortie, or set SORTIE_WORKLOADS to its directory")
    }
    self.init(name: workload.name, path: path, workload: workload)
  }

  /// Where images are looked for: SORTIE_WORKLOADS, else beside the executable, else where it would be installed.
  private static var directories: [FilePath] {
    if let given = getenv("SORTIE_WORKLOADS") { return [FilePath(String(cString: given))] }
    guard let directory = OwnProgram.path?.removingLastComponent() else { return [] }
    return [
      directory.appending("workloads"),
      directory.removingLastComponent().appending("share").appending("sortie").appending("workloads"),
    ]
  }
}
