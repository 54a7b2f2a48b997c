import SortieGate
import SortieMachine
import SortieProbes
import SortieTrace
import WorkloadCatalog

/// Runs blocks: each a fresh machine whose guest performs one operation a number of times and stamps it.
struct BlockRunner: ~Copyable {
  private let host: HostUnderTest
  private let signals: StopSignals
  private let settings: RunSettings
  private var guests: [String: Guest] = [:]

  /// Seconds after which a block is given up.
  static let limit = 20.0
  /// The first operations of a block warm the machine up; their share, as its reciprocal.
  private static let warmUp = 10

  /// Looks at this host.
  ///
  /// - Throws: ``Failure`` with status 3 when no guest can be run here.
  init(_ settings: RunSettings) throws(Failure) {
    let signals = try Self.blockSignals()
    let host = try HostUnderTest()
    self.signals = signals
    self.host = host
    self.settings = settings
  }

  private static func blockSignals() throws(Failure) -> StopSignals {
    do { return try StopSignals() } catch { throw Failure(error) }
  }

  /// Runs the block that `request` asks for.
  ///
  /// - Throws: ``Failure`` when there is no such workload or a machine cannot be made.
  mutating func run(_ request: BlockRequest) throws(Failure) -> BlockReply {
    let guest = try guest(request.workload)
    if let workload = guest.workload,
      let reason = workload.unsupportedReason(on: host.kind) ?? GuestRun.lack(of: workload, settings)
    {
      return BlockReply(workload: request.workload, outcome: BlockReply.unsupported + reason, cycles: [])
    }
    var settings = settings
    let warmUp = max(1, request.iterations / UInt64(Self.warmUp))
    settings.iterations = request.iterations + warmUp
    settings.stampRingCapacity = Self.capacity(for: request.iterations + warmUp)
    if guest.workload?.vcpus ?? 1 != settings.pinning.count { settings.pinning = [] }
    let run = try GuestRun(guest, settings, on: host)
    let result: RunResult
    do {
      result = try run.machine.run(timeout: Self.limit, signals: signals) { _ in true }
    } catch {
      throw Failure(error)
    }
    let cycles = Self.durations(run.machine)
    let outcome = RunOutcome(result, of: run)
    if outcome.status == .interrupted { throw Failure("interrupted", status: .interrupted) }
    return BlockReply(
      workload: request.workload, outcome: outcome.text,
      cycles: Array(cycles.dropFirst(min(Int(warmUp), cycles.count))))
  }

  private mutating func guest(_ name: String) throws(Failure) -> Guest {
    if let known = guests[name] { return known }
    guard let workload = Workload.named(name) else {
      throw Failure("there is no workload \(name); `sortie workloads` lists them", status: .usage)
    }
    let guest = try Guest(workload)
    guests[name] = guest
    return guest
  }

  /// The spans of the boot processor, in order, cycles; those of a clock that ran backwards are left out.
  private static func durations(_ machine: Machine) -> [UInt64] {
    guard let region = machine.stampRing(0) else { return [] }
    var ring = GuestStampRing(region: region, capacity: machine.stampRingCapacity)
    var cycles: [UInt64] = []
    _ = ring.drain { spans in cycles += spans.lazy.filter { $0.g1 >= $0.g0 }.map { $0.g1 - $0.g0 } }
    return cycles
  }

  private static func capacity(for spans: UInt64) -> Int {
    var capacity = 64
    while capacity < Int(clamping: spans), capacity < 1 << 20 { capacity *= 2 }
    return capacity
  }
}
