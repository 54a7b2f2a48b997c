/// What histograms and sums are of.
public struct AggregateSiteRow: TraceRow, Equatable {
  /// ``TableID/aggregateSites``.
  public static var table: TableID { .aggregateSites }

  /// What the exits have in common.
  public enum Population: UInt8, Sendable, CaseIterable {
    /// Round trips of one site: `reason` is KVM's, and `address`, `size`, `flags` and `device` are as in the site dictionary.
    case roundTrips = 1
    /// Round trips of all sites that found no place of their own.
    case otherRoundTrips = 2
    /// Exits that the kernel handled itself, of one reason and detail: `isa` and `reason` are the processor's, `name` is both
    /// in words, `value` the detail; without a reason, of all that found no place of their own.
    case handled = 3
    /// All exits of one reason of the processor, by `isa` and `reason`; without, of all that found no place of their own.
    case reason = 4
    /// All exits with a round trip that the guest caused.
    case heavy = 5
  }

  /// Its number.
  public var site: UInt32
  /// What the exits have in common; nil: nothing that this version knows.
  public var population: Population?
  /// 1 VMX, 2 SVM.
  public var isa: UInt8?
  /// Of round trips `KVM_EXIT_*`, else the processor's reason.
  public var reason: UInt32?
  /// Port, guest physical address, MSR index or hypercall number.
  public var address: UInt64?
  /// Bytes of one access.
  public var size: UInt8?
  /// ``RoundTripRecord/Flags``.
  public var flags: RoundTripRecord.Flags?
  /// Index into the device table.
  public var device: UInt16?
  /// In words.
  public var name: String?
  /// What tells it from others of its reason, in words.
  public var detail: String?

  /// A row with these values.
  public init(
    site: UInt32, population: Population, isa: UInt8? = nil, reason: UInt32? = nil, address: UInt64? = nil,
    size: UInt8? = nil, flags: RoundTripRecord.Flags? = nil, device: UInt16? = nil, name: String? = nil,
    detail: String? = nil
  ) {
    self.site = site
    self.population = population
    self.isa = isa
    self.reason = reason
    self.address = address
    self.size = size
    self.flags = flags
    self.device = device
    self.name = name
    self.detail = detail
  }

  /// A row as read.
  public init(_ values: TraceRowValues) throws(TraceError) {
    site = try values.required(.aggregateSite)
    population = Population(rawValue: try values.required(.population))
    isa = try values.optional(.isa)
    reason = try values.optional(.reason)
    address = values.integer(.address)
    size = try values.optional(.size)
    flags = try values.optional(.flags).map { RoundTripRecord.Flags(rawValue: $0) }
    device = try values.optional(.device)
    name = values.text(.name)
    detail = values.text(.value)
  }

  /// Hands over the values.
  public func write(to builder: inout TraceRowBuilder) {
    builder.put(.aggregateSite, site)
    builder.put(.population, population?.rawValue)
    builder.put(.isa, isa)
    builder.put(.reason, reason)
    builder.put(.address, address)
    builder.put(.size, size)
    builder.put(.flags, flags?.rawValue)
    builder.put(.device, device)
    builder.put(.name, name)
    builder.put(.value, detail)
  }
}
