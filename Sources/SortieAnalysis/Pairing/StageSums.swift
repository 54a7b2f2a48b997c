/// Stages summed over many episodes or operations.
struct StageSums {
  var count: UInt64 = 0
  var sums = StageCycles()

  mutating func record(_ stages: StageCycles) {
    count &+= 1
    sums.add(stages)
  }
}

/// The stages of one site: as its operations were, from the guest's own stamps, and as its episodes were.
struct SiteStages {
  /// Of operations with one episode, of this site.
  var operations = StageSums()
  /// Of all its episodes, without the first and the last stage.
  var episodes = StageSums()

  mutating func add(_ other: SiteStages) {
    operations.add(other.operations)
    episodes.add(other.episodes)
  }
}
