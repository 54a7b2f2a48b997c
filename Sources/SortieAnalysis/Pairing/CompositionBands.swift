/// What operations of similar length are made of: sums of their parts by length, eight classes to the octave.
///
/// Medians of the parts do not add up, and one long preemption rules a mean: shares per band of the whole's length tell
/// what a usual operation is made of, and what the tail is.
struct CompositionBands {
  private var counts = [UInt64](repeating: 0, count: LengthClass.count)
  private var sums = [Parts](repeating: Parts(), count: LengthClass.count)

  private struct Parts {
    var guestToHost = 0.0
    var vmm = 0.0
    var between = 0.0
    var hostToGuest = 0.0
    var offCPU = 0.0
    var blocked = 0.0

    mutating func add(_ other: Parts) {
      guestToHost += other.guestToHost
      vmm += other.vmm
      between += other.between
      hostToGuest += other.hostToGuest
      offCPU += other.offCPU
      blocked += other.blocked
    }
  }

  mutating func record(_ span: OpenSpan) {
    let index = LengthClass.index(of: span.end - span.start)
    counts[index] &+= 1
    sums[index].guestToHost += Double(span.firstU0 - span.start)
    sums[index].vmm += Double(span.vmm)
    sums[index].between += Double(span.between)
    sums[index].hostToGuest += Double(span.end - span.lastU1)
    sums[index].offCPU += Double(span.absences.offCPU)
    sums[index].blocked += Double(span.blocked)
  }

  mutating func add(_ other: CompositionBands) {
    for index in counts.indices {
      counts[index] &+= other.counts[index]
      sums[index].add(other.sums[index])
    }
  }

  /// All operations, those in the classes up to the 90th percentile, and those in the classes above the 99th.
  ///
  /// `isScheduleKnown`: switches of the thread were recorded.
  func compositions(isScheduleKnown: Bool) -> [Composition] {
    LengthClass.bands(counts).compactMap { composition($0.1, $0.0, isScheduleKnown) }
  }

  private func composition(
    _ indices: Range<Int>, _ band: Composition.Band, _ isScheduleKnown: Bool
  ) -> Composition? {
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
      hostToGuest: parts.hostToGuest / whole, offCPU: isScheduleKnown ? parts.offCPU / whole : nil,
      blocked: isScheduleKnown ? parts.blocked / whole : nil)
  }
}
