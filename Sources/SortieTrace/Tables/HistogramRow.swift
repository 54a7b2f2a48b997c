/// One bucket of durations that were kept as a histogram only.
public struct HistogramRow: TraceRow, Equatable {
  /// ``TableID/histograms``.
  public static var table: TableID { .histograms }

  /// VM index.
  public var vm: UInt32
  /// vCPU index; nil: of all vCPUs of the VM.
  public var vcpu: UInt32?
  /// What the durations are of, an ``AggregateSiteRow``.
  public var site: UInt32
  /// Least value of the bucket, cycles.
  public var lowest: UInt64
  /// Greatest value of the bucket, cycles.
  public var highest: UInt64
  /// Durations in it.
  public var count: UInt64

  /// A row with these values; see the properties for units.
  public init(
    vm: UInt32, vcpu: UInt32? = nil, site: UInt32, lowest: UInt64, highest: UInt64, count: UInt64
  ) {
    self.vm = vm
    self.vcpu = vcpu
    self.site = site
    self.lowest = lowest
    self.highest = highest
    self.count = count
  }

  /// A row as read.
  public init(_ values: TraceRowValues) throws(TraceError) {
    vm = try values.optional(.vm) ?? 0
    vcpu = try values.optional(.vcpu)
    site = try values.required(.aggregateSite)
    lowest = try values.required(.lowest)
    highest = try values.required(.highest)
    count = try values.required(.count)
  }

  /// Hands over the values.
  public func write(to builder: inout TraceRowBuilder) {
    builder.put(.vm, vm)
    builder.put(.vcpu, vcpu)
    builder.put(.aggregateSite, site)
    builder.put(.lowest, lowest)
    builder.put(.highest, highest)
    builder.put(.count, count)
  }
}
