import Foundation

/// A directory that goes away with its owner.
final class TemporaryDirectory {
  let path: String

  init() throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "sortie-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    path = directory.path()
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of `name` in it.
  func file(_ name: String) -> String { path + "/" + name }

  /// Writes `bytes` to a file in it.
  @discardableResult
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    try Data(bytes).write(to: URL(filePath: file(name)))
    return file(name)
  }

  func read(_ name: String) throws -> [UInt8] { try Self.contents(file(name)) }

  /// The bytes of any file.
  static func contents(_ path: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: URL(filePath: path)))
  }
}
