public import SortieKVM
public import SortieTrace

extension StatisticRow {
  /// A snapshot of KVM's statistics as rows: one a value, one a bucket of a histogram.
  public static func rows(
    of snapshot: StatisticsSnapshot, tsc: UInt64, vm: UInt32, vcpu: UInt32?
  ) -> [StatisticRow] {
    snapshot.layout.descriptors.flatMap { descriptor in
      snapshot.values(of: descriptor).enumerated().map { index, value in
        StatisticRow(
          tsc: tsc, vm: vm, vcpu: vcpu, name: descriptor.name, exponent: descriptor.exponent,
          bucketSize: bucketSize(descriptor),
          bucket: descriptor.count > 1 ? UInt16(truncatingIfNeeded: index) : nil,
          number: value)
      }
    }
  }

  private static func bucketSize(_ descriptor: StatisticDescriptor) -> UInt32? {
    switch descriptor.kind {
    case .linearHistogram(let size): size
    case .logarithmicHistogram: 0
    default: nil
    }
  }
}
