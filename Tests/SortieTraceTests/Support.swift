import Glibc
import SortieTrace
import SystemPackage

/// SplitMix64 (Steele, Lea, Flood, 2014): a failing test names its seed.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
}

/// A directory that goes away with its last reference.
final class TemporaryDirectory {
  let path: String

  init() {
    var template = Array("/tmp/sortie-trace-test-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress, let made = mkdtemp(base) else { return "/tmp" }
      return String(cString: made)
    }
  }

  deinit { _ = run(["rm", "-rf", path]) }

  func file(_ name: String) -> FilePath { FilePath(path + "/" + name) }
}

/// The bytes of a file, empty where it cannot be read.
func contents(of path: FilePath) -> [UInt8] {
  guard let file = try? FileDescriptor.open(path, .readOnly) else { return [] }
  defer { try? file.close() }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while let count = try? chunk.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 {
    bytes += chunk[..<count]
  }
  return bytes
}

func write(_ bytes: [UInt8], to path: FilePath) throws {
  let file = try FileDescriptor.open(
    path, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
  try file.closeAfter { _ = try file.writeAll(bytes) }
}

/// Starts `arguments` (the first is looked up in PATH) with its output going to `output`; nil where it cannot start.
func start(_ arguments: [String], output: FilePath) -> pid_t? {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, 1, output.string, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  posix_spawn_file_actions_adddup2(&actions, 1, 2)
  var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
  defer { for pointer in pointers { free(pointer) } }
  var pid: pid_t = 0
  guard posix_spawnp(&pid, arguments[0], &actions, nil, &pointers, environ) == 0 else { return nil }
  return pid
}

/// Runs `arguments` to their end; nil where they cannot start.
func run(_ arguments: [String]) -> (status: Int32, output: String)? {
  var template = Array("/tmp/sortie-trace-output-XXXXXX".utf8CString)
  let descriptor = mkstemp(&template)
  close(descriptor)
  let path = FilePath(
    String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
  defer { unlink(path.string) }
  guard let pid = start(arguments, output: path) else { return nil }
  var status: Int32 = 0
  while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
  let exitStatus = status & 0x7f == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f)
  return (exitStatus, String(decoding: contents(of: path), as: UTF8.self))
}

/// Whether a program is there to be run.
func isInstalled(_ program: String) -> Bool { run(["sh", "-c", "command -v \(program)"])?.status == 0 }

/// The directory with the executables this test was built with.
let productsDirectory: String = {
  var buffer = [CChar](repeating: 0, count: 4096)
  let length = readlink("/proc/self/exe", &buffer, buffer.count)
  let path = FilePath(
    String(decoding: buffer.prefix(max(0, length)).map { UInt8(bitPattern: $0) }, as: UTF8.self))
  return path.removingLastComponent().string
}()

let testIdentity = TraceIdentity(
  bootID: TraceUUID(high: 1, low: 2), traceID: TraceUUID(high: 3, low: 4), tscKHz: 2_445_430,
  tscIsInvariant: true)

extension TraceFileWriter {
  mutating func append(_ records: [RoundTripRecord], _ stream: StreamID) throws(TraceError) {
    var failure: TraceError?
    records.withUnsafeBufferPointer { buffer in
      do throws(TraceError) { try append(roundTrips: buffer, stream: stream) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  mutating func append(_ spans: [GuestSpanRecord], _ stream: StreamID) throws(TraceError) {
    var failure: TraceError?
    spans.withUnsafeBufferPointer { buffer in
      do throws(TraceError) { try append(guestSpans: buffer, stream: stream) } catch { failure = error }
    }
    if let failure { throw failure }
  }
}

/// Round trips as a vCPU makes them: first entry, kicks, devices now and then, and outliers.
func plausibleRoundTrips(_ count: Int, seed: UInt64) -> [RoundTripRecord] {
  var random = SeededGenerator(seed: seed)
  var now: UInt64 = 1_000_000_000
  return (0..<count).map { index in
    if index == 0 { return RoundTripRecord(u1: now, flags: .firstEntry) }
    var record = RoundTripRecord(
      rip: 0x10_0000 + random.next() % 3 * 4, address: 0xe0, reason: 2, count: 1, physicalCPU: 1, size: 4,
      flags: [.write, .ripIsNext])
    now += 30_000 + random.next() % 15_000
    if random.next() % 100 == 0 { now += random.next() % 5_000_000 }
    record.u0 = now
    if random.next() % 10 == 0 {
      record.reason = RoundTripRecord.noReason
      record.errno = 4
      record.flags = .kick
    } else {
      record.d0 = now + 40 + random.next() % 40
      record.d1 = record.d0 + 30 + random.next() % 70
      record.device = 0
      now = record.d1
    }
    record.u1 = now + 40 + random.next() % 40
    now = record.u1
    if index == count - 1 { record.u1 = 0 }
    return record
  }
}

/// All blocks of a file with all their rows, decoded.
func decodedBlocks(_ trace: TraceFile) throws(TraceError) -> [(block: TraceBlock, rows: ColumnSet)] {
  var decoded: [(TraceBlock, ColumnSet)] = []
  for block in trace.blocks { decoded.append((block, try trace.decode(block))) }
  return decoded
}
