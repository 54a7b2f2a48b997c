import SortieGate

/// How many operations make a block.
enum Calibration {
  /// Seconds of guest time that a block takes, at about: as much as making its machine.
  private static let blockSeconds = 0.01
  private static let trial: UInt64 = 50
  private static let iterations: ClosedRange<Double> = 50...2000

  /// How many operations a block of each of `workloads` should have where `workers` run them, in their order, or why one of
  /// them cannot.
  ///
  /// - Throws: ``Failure`` when a worker fails.
  static func iterations(
    of workloads: [String], _ workers: [BlockWorker], tscKHz: UInt64
  ) throws(Failure) -> [Result<UInt64, Obstacle>] {
    var found: [Result<UInt64, Obstacle>] = []
    for workload in workloads { found.append(try iterations(of: workload, workers, tscKHz: tscKHz)) }
    return found
  }

  /// The operations that a block of `workload` should have where `workers` run it, or why one of them cannot.
  ///
  /// - Throws: ``Failure`` when a worker fails.
  private static func iterations(
    of workload: String, _ workers: [BlockWorker], tscKHz: UInt64
  ) throws(Failure) -> Result<UInt64, Obstacle> {
    var dearest: UInt64 = 1
    var obstacles: [Obstacle] = []
    for worker in workers {
      let reply = try worker.run(BlockRequest(workload: workload, iterations: trial))
      if reply.isCompleted, let median = reply.median {
        dearest = max(dearest, median)
      } else {
        obstacles.append(Obstacle(reply))
      }
    }
    if let obstacle = obstacles.first {
      // What one side can run and the other cannot is no property of the host.
      return .failure(
        obstacles.count == workers.count
          ? obstacle
          : Obstacle(verdict: .notComparable, reason: "only one side can run it: \(obstacle.reason)"))
    }
    // Where the frequency is unknown, 1 GHz gives shorter blocks, no wrong ones.
    let cycles = blockSeconds * Double(tscKHz == 0 ? 1_000_000 : tscKHz) * 1000
    let count = min(max(cycles / Double(dearest), iterations.lowerBound), iterations.upperBound)
    return .success(UInt64(count))
  }
}
