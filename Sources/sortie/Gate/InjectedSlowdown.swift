import SortieGate
import SortieStatistics

/// A slowdown of known size that side B of the self-test gets, calibrated on this host.
struct InjectedSlowdown {
  /// The options of `sortie blocks` that make it.
  let words: [String]
  /// What is documented of it.
  let result: SelfTestSlowdown

  /// Its size, as trials name it.
  var percent: String { "+\(Double((result.share * 1000).rounded()) / 10) %" }

  private static let blocks = 9
  /// Pairs of blocks by which the size of what is injected is measured: it is smaller than what `blocks` tell apart.
  private static let pairs = 31
  private static let iterations: UInt64 = 300

  /// A delay in the machine monitor's exit path that makes the heavy operation `name` dearer by `share`.
  ///
  /// - Throws: ``Failure`` when the operation cannot be measured here.
  static func delay(_ name: String, share: Double, _ machine: MachineOptions) throws(Failure) -> Self {
    let cycles = UInt64((try cost(name, [], machine) * share).rounded())
    return Self(
      words: ["--inject-delay", "\(cycles)"],
      result: SelfTestSlowdown(operation: name, cyclesOfExit: cycles, share: share))
  }

  /// Turns of a counted loop in the guest, about as few as make the light operation `name` dearer by at least `share`. Where to
  /// begin is told from as many turns as make the operation half as dear again; a few turns may cost less each than many, so
  /// what is stated is what they were measured to cost.
  ///
  /// - Throws: ``Failure`` when the operation cannot be measured here, or no number of turns makes it dearer.
  static func steps(_ name: String, share: Double, _ machine: MachineOptions) throws(Failure) -> Self {
    let plain = try cost(name, [], machine)
    var turns: UInt64 = 1
    var more = 0.0
    repeat {
      turns *= 4
      guard turns < 1 << 24 else { throw Failure("a loop in the guest of \(name) makes it no dearer") }
      more = try cost(name, words(turns), machine) - plain
    } while more < plain / 2
    let ofTurn = more / Double(turns) / plain
    var wanted = UInt64((share / ofTurn).rounded(.up))
    var measured = try added(name, words(wanted), machine)
    while measured < share, wanted < turns {
      wanted += max(1, wanted / 4)
      measured = try added(name, words(wanted), machine)
    }
    return Self(
      words: words(wanted), result: SelfTestSlowdown(operation: name, turns: wanted, share: measured))
  }

  private static func words(_ turns: UInt64) -> [String] { ["--inject-steps", "\(turns)"] }

  /// What `injection` adds to the operation `name`, as a share: the median over pairs of neighbouring blocks.
  private static func added(_ name: String, _ injection: [String], _ machine: MachineOptions) throws(Failure)
    -> Double
  {
    let (plain, injected) = (try worker([], machine), try worker(injection, machine))
    var ratios: [Double] = []
    for _ in 0..<pairs {
      let (old, new) = (try median(name, plain), try median(name, injected))
      ratios.append(new / max(old, 1))
    }
    return (Location.median(ratios) ?? 1) - 1
  }

  /// The median of the medians of blocks, cycles.
  private static func cost(_ name: String, _ injection: [String], _ machine: MachineOptions) throws(Failure)
    -> Double
  {
    let worker = try worker(injection, machine)
    var medians: [Double] = []
    for _ in 0..<blocks { medians.append(try median(name, worker)) }
    return Location.median(medians) ?? 0
  }

  private static func worker(_ injection: [String], _ machine: MachineOptions) throws(Failure) -> BlockWorker
  {
    var side = try Side(own: machine.words)
    side.options += injection
    return try BlockWorker(side)
  }

  /// The median of a block, cycles.
  private static func median(_ name: String, _ worker: BlockWorker) throws(Failure) -> Double {
    let reply = try worker.run(BlockRequest(workload: name, iterations: iterations))
    guard let median = reply.median else {
      throw Failure("\(name) cannot be measured here: \(reply.outcome)", status: .unsupportedHere)
    }
    return Double(median)
  }
}
