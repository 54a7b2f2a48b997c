/// A count, or cycles, that was kept as a sum only.
public struct SumRow: TraceRow, Equatable {
  /// ``TableID/sums``.
  public static var table: TableID { .sums }

  /// It is over the time from here, host TSC.
  public var since: UInt64
  /// To here, host TSC.
  public var until: UInt64
  /// VM index.
  public var vm: UInt32
  /// vCPU index; nil: of all vCPUs of the VM.
  public var vcpu: UInt32?
  /// What it is of, an ``AggregateSiteRow``; nil: of all that the vCPU did.
  public var site: UInt32?
  /// What was summed up; FORMAT.md lists the names.
  public var name: String
  /// The sum.
  public var number: UInt64

  /// A row with these values; see the properties for units.
  public init(
    since: UInt64, until: UInt64, vm: UInt32, vcpu: UInt32? = nil, site: UInt32? = nil, name: String,
    number: UInt64
  ) {
    self.since = since
    self.until = until
    self.vm = vm
    self.vcpu = vcpu
    self.site = site
    self.name = name
    self.number = number
  }

  /// A row as read.
  public init(_ values: TraceRowValues) throws(TraceError) {
    since = try values.required(.tsc)
    until = try values.required(.lastTSC)
    vm = try values.optional(.vm) ?? 0
    vcpu = try values.optional(.vcpu)
    site = try values.optional(.aggregateSite)
    name = try values.requiredText(.name)
    number = try values.required(.number)
  }

  /// Hands over the values.
  public func write(to builder: inout TraceRowBuilder) {
    builder.put(.tsc, since)
    builder.put(.lastTSC, until)
    builder.put(.vm, vm)
    builder.put(.vcpu, vcpu)
    builder.put(.aggregateSite, site)
    builder.put(.name, name)
    builder.put(.number, number)
  }
}
