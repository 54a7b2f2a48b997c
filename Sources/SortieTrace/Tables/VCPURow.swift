/// A vCPU and its clock; a change of the clock is a new row.
public struct VCPURow: TraceRow, Equatable {
  /// ``TableID/vcpus``.
  public static var table: TableID { .vcpus }

  /// vCPU index within its VM.
  public var vcpu: UInt32
  /// VM index.
  public var vm: UInt32
  /// Local APIC id.
  public var apicID: UInt32?
  /// Host TSC cycles from when on the row holds; nil: from the start.
  public var since: UInt64?
  /// Guest TSC less host TSC, cycles; nil if unknown.
  public var tscOffset: Int64?
  /// Guest TSC frequency over the host's, fixed point; nil: 1.
  public var tscScaling: UInt64?
  /// Fraction bits of `tscScaling`.
  public var tscScalingBits: UInt8?

  /// A row with these values; see the properties for units.
  public init(
    vcpu: UInt32, vm: UInt32 = 0, apicID: UInt32? = nil, since: UInt64? = nil, tscOffset: Int64? = nil,
    tscScaling: UInt64? = nil, tscScalingBits: UInt8? = nil
  ) {
    self.vcpu = vcpu
    self.vm = vm
    self.apicID = apicID
    self.since = since
    self.tscOffset = tscOffset
    self.tscScaling = tscScaling
    self.tscScalingBits = tscScalingBits
  }

  /// A row as read.
  public init(_ values: TraceRowValues) throws(TraceError) {
    vcpu = try values.required(.vcpu)
    vm = try values.optional(.vm) ?? 0
    apicID = try values.optional(.apicID)
    since = values.integer(.tsc)
    tscOffset = values.integer(.tscOffset).map { Int64(bitPattern: $0) }
    tscScaling = values.integer(.tscScaling)
    tscScalingBits = try values.optional(.tscScalingBits)
  }

  /// Hands over the values.
  public func write(to builder: inout TraceRowBuilder) {
    builder.put(.vcpu, vcpu)
    builder.put(.vm, vm)
    builder.put(.apicID, apicID)
    builder.put(.tsc, since)
    builder.put(.tscOffset, tscOffset)
    builder.put(.tscScaling, tscScaling)
    builder.put(.tscScalingBits, tscScalingBits)
  }
}
