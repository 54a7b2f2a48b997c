/// The five stages of an exit, mean cycles, and what was taken out of them.
public struct StageSummary: Sendable, Equatable {
  /// What the means are over.
  public enum Population: String, Sendable {
    /// Operations of the guest: all five stages, which add up to `g1 - g0` with what was taken out of them.
    case operations
    /// Episodes: without the first and the last stage, which take the guest's stamps.
    case episodes
  }

  /// What the means are over.
  public var population: Population
  /// How many.
  public var count: UInt64
  /// 1, the exit path, hardware included: `k0 - g0`; nil without guest stamps.
  public var exitPath: Double?
  /// 2, the software switch to user space and back: `(u0 - f0) + (f1 - u1)`.
  public var switching: Double
  /// 3, the kernel: `(f0 - k0) + (k2 - f1)`, `k2 - k0` when light.
  public var kernel: Double
  /// 4, the VMM: `u1 - u0`.
  public var vmm: Double
  /// Of the VMM's, inside the device: `d1 - d0`.
  public var device: Double
  /// 5, the entry path, hardware included: `g1 - k2`; nil without guest stamps.
  public var entryPath: Double?
  /// In the guest between two exits of one operation; 0 where it has one.
  public var guest: Double
  /// Halted: taken out of the stages.
  public var blocked: Double
  /// Off the CPU: taken out of the stages.
  public var offCPU: Double

  /// The five stages together, cycles; those that are not known count nothing.
  public var whole: Double { (exitPath ?? 0) + switching + kernel + vmm + (entryPath ?? 0) + guest }

  /// The same of `factor` times as much: of an operation where each of those it is the mean of was several.
  func scaled(by factor: Double) -> StageSummary {
    var scaled = self
    scaled.exitPath = exitPath.map { $0 * factor }
    scaled.entryPath = entryPath.map { $0 * factor }
    for part in [\StageSummary.switching, \.kernel, \.vmm, \.device, \.guest, \.blocked, \.offCPU] {
      scaled[keyPath: part] *= factor
    }
    return scaled
  }

  /// The summary; nil of nothing.
  init?(_ sums: StageSums, population: Population) {
    guard sums.count > 0 else { return nil }
    func mean(_ sum: UInt64) -> Double { Double(sum) / Double(sums.count) }
    self.population = population
    count = sums.count
    let isWhole = population == .operations
    exitPath = isWhole ? mean(sums.sums.exitPath) : nil
    switching = mean(sums.sums.switching)
    kernel = mean(sums.sums.kernel)
    vmm = mean(sums.sums.vmm)
    device = mean(sums.sums.device)
    entryPath = isWhole ? mean(sums.sums.entryPath) : nil
    guest = mean(sums.sums.guest)
    blocked = mean(sums.sums.blocked)
    offCPU = mean(sums.sums.offCPU)
  }

  /// Of operations where there are any, else of episodes.
  init?(_ stages: SiteStages) {
    if let operations = StageSummary(stages.operations, population: .operations) {
      self = operations
    } else if let episodes = StageSummary(stages.episodes, population: .episodes) {
      self = episodes
    } else {
      return nil
    }
  }
}

/// What the operations of one band of lengths are made of.
public struct StageBand: Sendable, Equatable {
  /// Which operations.
  public var band: Composition.Band
  /// Their stages.
  public var stages: StageSummary
}
