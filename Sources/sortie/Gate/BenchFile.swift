import Glibc
import SortieGate
import SystemPackage

/// Results of `sortie bench` in files.
enum BenchFile {
  /// A longer file is none of ours, bytes.
  private static let limit = 256 << 20

  /// The result in the file at `path`.
  ///
  /// - Throws: ``Failure`` naming what is wrong with it.
  static func read(_ path: FilePath) throws(Failure) -> BenchResult {
    let bytes = try contents(path)
    do {
      let result = try GateJSON.decode(BenchResult.self, document: bytes)
      guard result.version <= BenchResult.currentVersion else {
        throw Failure(
          "\(path) has version \(result.version); this sortie reads up to \(BenchResult.currentVersion)")
      }
      guard !result.sessions.isEmpty else { throw Failure("\(path) holds no session") }
      return result
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure("\(path) is no result of `sortie bench`: \(error)", status: .usage)
    }
  }

  /// Writes `result` to `path`.
  ///
  /// - Throws: ``Failure`` when it cannot be written.
  static func write(_ result: BenchResult, to path: FilePath) throws(Failure) {
    do { try WholeFile.write(GateJSON.document(result), to: path) } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(error)
    }
  }

  private static func contents(_ path: FilePath) throws(Failure) -> [UInt8] {
    do {
      let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
      return try file.closeAfter {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = try chunk.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 {
          bytes += chunk[..<count]
          guard bytes.count <= limit else {
            throw Failure("\(path) is longer than any result of `sortie bench`", status: .usage)
          }
        }
        return bytes
      }
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure("\(path) cannot be read: \(error)", status: .usage)
    }
  }
}
