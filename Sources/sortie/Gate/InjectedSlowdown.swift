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

  /// Turns of a counted loop in the guest, as few as make the light operation `name` dearer by at least `share`. What a turn
  /// costs is told from as many turns as make the operation half as dear again, for the noise of blocks hides fewer.
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
    let wanted = UInt64((share / ofTurn).rounded(.up))
    return Self(
      words: words(wanted),
      result: SelfTestSlowdown(operation: name, turns: wanted, share: Double(wanted) * ofTurn))
  }

  private static func words(_ turns: UInt64) -> [String] { ["--inject-steps", "\(turns)"] }

  /// The median of the medians of blocks, cycles.
  private static func cost(_ name: String, _ injection: [String], _ machine: MachineOptions) throws(Failure)
    -> Double
  {
    var side = try Side(own: machine.words)
    side.options += injection
    let worker = try BlockWorker(side)
    var medians: [Double] = []
    for _ in 0..<blocks {
      let reply = try worker.run(BlockRequest(workload: name, iterations: iterations))
      guard let median = reply.median else {
        throw Failure("\(name) cannot be measured here: \(reply.outcome)", status: .unsupportedHere)
      }
      medians.append(Double(median))
    }
    return Location.median(medians) ?? 0
  }
}
