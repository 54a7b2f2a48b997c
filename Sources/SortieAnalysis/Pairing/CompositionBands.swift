/// What operations of similar length are made of: sums of their parts by length, eight classes to the octave.
///
/// Medians of the parts do not add up, and one long preemption rules a mean: shares per band of the whole's length tell
/// what a usual operation is made of, and what the tail is.
struct CompositionBands {
  private var counts = [UInt64](repeating: 0, count: 64 * 8)
  private var sums = [Parts](repeating: Parts(), count: 64 * 8)

  private struct Parts {
    var guestToHost = 0.0
    var vmm = 0.0
    var between = 0.0
    var hostToGuest = 0.0

    mutating func add(_ other: Parts) {
      guestToHost += other.guestToHost
      vmm += other.vmm
      between += other.between
      hostToGuest += other.hostToGuest
    }
  }

  mutating func record(_ span: OpenSpan) {
    let length = span.end - span.start
    let octave = 63 - (length | 1).leadingZeroBitCount
    let eighth = octave >= 3 ? length >> UInt64(octave - 3) & 7 : length << UInt64(3 - octave) & 7
    let index = octave * 8 + Int(eighth)
    counts[index] &+= 1
    sums[index].guestToHost += Double(span.firstU0 - span.start)
    sums[index].vmm += Double(span.vmm)
    sums[index].between += Double(span.between)
    sums[index].hostToGuest += Double(span.end - span.lastU1)
  }

  mutating func add(_ other: CompositionBands) {
    for index in counts.indices {
      counts[index] &+= other.counts[index]
      sums[index].add(other.sums[index])
    }
  }

  /// All operations, those in the classes up to the 90th percentile, and those in the classes above the 99th.
  var compositions: [Composition] {
    let all = composition(counts.indices, .all)
    guard let all, all.operations >= CycleSummary.leastForP99 else { return all.map { [$0] } ?? [] }
    return [
      all, composition(0...index(ofPerMille: 900, of: all.operations), .toP90),
      composition((index(ofPerMille: 990, of: all.operations) + 1)..<counts.count, .aboveP99),
    ].compactMap { $0 }
  }

  private func index(ofPerMille perMille: UInt64, of total: UInt64) -> Int {
    let rank = (Double(total) * Double(perMille) / 1000).rounded(.up)
    var seen: UInt64 = 0
    for index in counts.indices {
      seen &+= counts[index]
      if Double(seen) >= rank { return index }
    }
    return counts.count - 1
  }

  private func composition(_ indices: some Sequence<Int>, _ band: Composition.Band) -> Composition? {
    var operations: UInt64 = 0
    var parts = Parts()
    for index in indices where counts[index] > 0 {
      operations &+= counts[index]
      parts.add(sums[index])
    }
    let whole = parts.guestToHost + parts.vmm + parts.between + parts.hostToGuest
    guard operations > 0, whole > 0 else { return nil }
    return Composition(
      band: band, operations: operations, meanCycles: whole / Double(operations),
      guestToHost: parts.guestToHost / whole, vmm: parts.vmm / whole, between: parts.between / whole,
      hostToGuest: parts.hostToGuest / whole)
  }
}
