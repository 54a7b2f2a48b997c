import FoundationEssentials
import Glibc
import SortieGate
import SystemPackage

/// A document of the gate in a file.
enum GateFile {
  /// The one key that documents of all versions have.
  private struct Version: Decodable {
    let version: Int
  }

  /// A longer file is none of ours, bytes.
  private static let limit = 256 << 20

  /// The document in the file at `path`, which `command` wrote.
  ///
  /// - Throws: ``Failure`` naming what is wrong with it.
  static func read<Document: GateDocument>(
    _ type: Document.Type, _ path: FilePath, of command: String
  ) throws(Failure) -> Document {
    let bytes = try contents(path, command)
    do {
      // A newer form may lack what this one must have, so its version comes first.
      let version = try GateJSON.decode(Version.self, document: bytes).version
      guard version <= Document.currentVersion else {
        throw Failure(
          "\(path) has version \(version); this sortie reads up to \(Document.currentVersion)", status: .usage
        )
      }
      return try GateJSON.decode(type, document: bytes)
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure("\(path) is no result of `\(command)`: \(words(error))", status: .usage)
    }
  }

  /// What is wrong with a document, in words for people.
  private static func words(_ error: any Error) -> String {
    func place(_ context: DecodingError.Context) -> String {
      let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
      return path.isEmpty ? "" : " at \(path.joined(separator: "."))"
    }
    return switch error as? DecodingError {
    case .keyNotFound(let key, let context): "it has no \(key.stringValue)\(place(context))"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "there is something else\(place(context))"
    case .dataCorrupted(let context): "\(context.debugDescription)\(place(context))"
    default: "\(error)"
    }
  }

  /// The result of `sortie bench` in the file at `path`.
  ///
  /// - Throws: ``Failure`` naming what is wrong with it.
  static func bench(_ path: FilePath) throws(Failure) -> BenchResult {
    let result = try read(BenchResult.self, path, of: "sortie bench")
    guard !result.sessions.isEmpty else { throw Failure("\(path) holds no session", status: .usage) }
    return result
  }

  /// Writes `document` to `path`.
  ///
  /// - Throws: ``Failure`` when it cannot be written.
  static func write(_ document: some Encodable, to path: FilePath) throws(Failure) {
    do { try WholeFile.write(GateJSON.document(document), to: path) } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(error)
    }
  }

  private static func contents(_ path: FilePath, _ command: String) throws(Failure) -> [UInt8] {
    do {
      let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
      return try file.closeAfter {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = try chunk.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 {
          bytes += chunk[..<count]
          guard bytes.count <= limit else {
            throw Failure("\(path) is longer than any result of `\(command)`", status: .usage)
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
