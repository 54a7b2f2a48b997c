import SortieTrace

/// Round trips with the distributions seen on a host whose KVM emulates guest code: guest and kernel 30 to 45 thousand
/// cycles with outliers of millions, device model tens of cycles.
enum SyntheticRun {
  /// SplitMix64 (Steele, Lea, Flood, 2014): the same run every time.
  struct Generator: RandomNumberGenerator {
    var state: UInt64 = 42
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
      return z ^ z >> 31
    }
  }

  /// About normal, from the sum of twelve uniform numbers.
  private static func normal(_ mean: Double, _ deviation: Double, _ random: inout Generator) -> UInt64 {
    var sum = -6.0
    for _ in 0..<12 { sum += Double(random.next() >> 11) / Double(1 << 53) }
    return UInt64(max(1, mean + deviation * sum))
  }

  /// One port, one instruction: `pio-write`, on a processor whose TSC advances by `step` cycles at a time.
  static func portWrites(_ count: Int, step: UInt64 = 1) -> [RoundTripRecord] {
    run(count, sites: [(0x10_0020, 0xe0, 2, 0, 36_000)]).map { record in
      var record = record
      record.u0 -= record.u0 % step
      record.d0 -= record.d0 % step
      record.d1 -= record.d1 % step
      record.u1 -= record.u1 % step
      return record
    }
  }

  /// Six sites in a loop: ports and memory.
  static func sixSites(_ count: Int) -> [RoundTripRecord] {
    run(
      count,
      sites: [
        (0x10_0020, 0xe0, 2, 0, 36_000), (0x10_0044, 0x3f8, 2, 1, 33_000), (0x10_0068, 0x3fd, 2, 1, 31_000),
        (0x10_008c, 0xd000_0000, 6, 2, 41_000), (0x10_00b0, 0xd000_0008, 6, 2, 43_000),
        (0x10_00d4, 0xe4, 2, 3, 38_000),
      ])
  }

  private static func run(
    _ count: Int, sites: [(rip: UInt64, address: UInt64, reason: UInt32, device: UInt16, gap: Double)]
  ) -> [RoundTripRecord] {
    var random = Generator()
    var now: UInt64 = 1_000_000_000_000
    return (0..<count).map { index in
      let site = sites[index % sites.count]
      var record = RoundTripRecord(
        rip: site.rip, address: site.address, reason: site.reason, count: 1, physicalCPU: 1,
        device: site.device,
        size: 4, flags: [.write, .ripIsNext])
      now += normal(site.gap, 3000, &random)
      if random.next() % 500 == 0 { now += random.next() % 4_000_000 }
      record.u0 = now
      record.d0 = record.u0 + normal(58, 8, &random)
      record.d1 = record.d0 + normal(60, 14, &random)
      record.u1 = record.d1 + normal(58, 8, &random)
      now = record.u1
      return record
    }
  }
}
