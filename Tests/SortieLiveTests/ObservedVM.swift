import Glibc
import SortieTrace
import SystemPackage
import Testing

/// A VM to attach to: a guest that writes to a port without end, under `sortie record`. It ends with its owner.
final class ObservedVM {
  let directory: TemporaryDirectory
  private let path: String
  private let recorder: Subprocess

  var pid: pid_t { recorder.pid }

  /// Starts the guest and waits until it makes round trips.
  init(_ guest: String = "pio-write", _ options: [String] = []) throws {
    directory = try TemporaryDirectory()
    path = directory.file("vm.sortie")
    recorder = try SortieTool.start(
      Recording.arguments(guest, iterations: 1 << 40, ["--no-kernel"] + options, to: path))
    try waitForEvents(in: path)
  }

  /// Waits until a trace has more than its tables.
  func waitForEvents(in path: String) throws {
    let deadline = Subprocess.now() + 20
    var status = stat()
    while stat(path, &status) != 0 || status.st_size < 24 << 10 {
      try #require(Subprocess.now() < deadline, "no events come into \(path)")
      usleep(10_000)
    }
  }

  /// Attaches to it until the attacher ends by itself.
  func attach(_ options: [String]) throws -> Recording {
    let path = directory.file("attached.sortie")
    let result = try SortieTool.run(["attach", "\(pid)", "-o", path] + options)
    return Recording(directory, path: path, result)
  }

  /// Ends the guest.
  func end() throws -> Subprocess.Result {
    recorder.send(SIGINT)
    return try recorder.wait(limit: 20)
  }

  /// The returns of KVM_RUN as its own machine monitor stamped them, in order. Precondition: it has ended.
  func returns() throws -> [RoundTripRecord] {
    let trace = try TraceFile(path: FilePath(path))
    let stream = try #require(try trace.rows(StreamRow.self).first { $0.kind == .vmm }?.stream)
    var returns: [RoundTripRecord] = []
    for block in trace.blocks where block.stream == stream {
      let trips = try trace.roundTrips(in: block)
      returns += (0..<trips.count).map { trips.record($0) }
    }
    return returns.filter { !$0.flags.contains(.firstEntry) }
  }
}

/// The round trips that the raw system calls of a trace tell: not through the analysis.
struct AttachedStamps {
  /// With both stamps, in order of time.
  let trips: [(u0: UInt64, u1: UInt64)]

  init(_ path: String) throws {
    let trace = try TraceFile(path: FilePath(path))
    let formats = try trace.rows(EventFormatRow.self)
    func number(_ name: String) throws -> UInt64 { try #require(formats.first { $0.name == name }?.event) }
    let (enter, exit) = (try number("raw_syscalls/sys_enter"), try number("raw_syscalls/sys_exit"))
    let leave = try number("kvm/kvm_userspace_exit")
    let thread = try #require(try trace.rows(ThreadRow.self).first { $0.vcpu != nil }?.thread)
    let streams = Set(try trace.rows(StreamRow.self).filter { $0.kind == .kernel }.map(\.stream))
    var events: [(tsc: UInt64, event: UInt64, request: UInt64)] = []
    for block in trace.blocks where block.stream.map(streams.contains) == true {
      let set = try trace.decode(block)
      func integers(_ id: ColumnID) -> [UInt64] {
        if case .integers(let values)? = set[id]?.values {
          values
        } else {
          Array(repeating: 0, count: set.count)
        }
      }
      let (stamps, kinds, threads) = (integers(.tsc), integers(.kernelEvent), integers(.thread))
      let requests = integers(.info1)
      for row in 0..<set.count where threads[row] == UInt64(thread) {
        events.append((stamps[row], kinds[row], requests[row]))
      }
    }
    events.sort { $0.tsc < $1.tsc }
    var trips: [(u0: UInt64, u1: UInt64)] = []
    var (isLeaving, u0): (Bool, UInt64?) = (false, nil)
    for event in events {
      if event.event == leave {
        isLeaving = true
      } else if event.event == exit, isLeaving {
        (isLeaving, u0) = (false, event.tsc)
      } else if event.event == enter, event.request == 0xae80, let start = u0 {
        trips.append((start, event.tsc))
        u0 = nil
      }
    }
    self.trips = trips
  }
}
