/// One KVM statistic, or one bucket of it, at one moment.
public struct StatisticRow: TraceRow, Equatable {
  /// ``TableID/statistics``.
  public static var table: TableID { .statistics }

  /// Host TSC, cycles.
  public var tsc: UInt64
  /// VM index.
  public var vm: UInt32
  /// vCPU index; nil: of the VM.
  public var vcpu: UInt32?
  /// As KVM names it.
  public var name: String
  /// `kvm_stats_desc.flags`: type, unit, base.
  public var flags: UInt32?
  /// `kvm_stats_desc.exponent`: power by which the unit is scaled.
  public var exponent: Int16?
  /// Width of a linear histogram's bucket; 0: logarithmic; nil: no histogram.
  public var bucketSize: UInt32?
  /// Bucket of a histogram.
  public var bucket: UInt16?
  /// Its value.
  public var number: UInt64

  /// A row with these values; see the properties for units.
  public init(
    tsc: UInt64, vm: UInt32 = 0, vcpu: UInt32? = nil, name: String, flags: UInt32? = nil,
    exponent: Int16? = nil, bucketSize: UInt32? = nil, bucket: UInt16? = nil, number: UInt64
  ) {
    self.tsc = tsc
    self.vm = vm
    self.vcpu = vcpu
    self.name = name
    self.flags = flags
    self.exponent = exponent
    self.bucketSize = bucketSize
    self.bucket = bucket
    self.number = number
  }

  /// A row as read.
  public init(_ values: TraceRowValues) throws(TraceError) {
    tsc = try values.required(.tsc)
    vm = try values.optional(.vm) ?? 0
    vcpu = try values.optional(.vcpu)
    name = try values.requiredText(.name)
    flags = try values.optional(.statisticFlags)
    exponent = values.integer(.exponent).map { Int16(truncatingIfNeeded: $0) }
    bucketSize = try values.optional(.bucketSize)
    bucket = try values.optional(.bucket)
    number = try values.required(.number)
  }

  /// Hands over the values.
  public func write(to builder: inout TraceRowBuilder) {
    builder.put(.tsc, tsc)
    builder.put(.vm, vm)
    builder.put(.vcpu, vcpu)
    builder.put(.name, name)
    builder.put(.statisticFlags, flags)
    builder.put(.exponent, exponent)
    builder.put(.bucketSize, bucketSize)
    builder.put(.bucket, bucket)
    builder.put(.number, number)
  }
}
