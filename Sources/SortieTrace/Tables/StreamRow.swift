/// A stream: what its events are and which clock stamps them.
public struct StreamRow: TraceRow, Equatable {
  /// ``TableID/streams``.
  public static var table: TableID { .streams }

  /// The stream.
  public var stream: StreamID
  /// What its events are; nil for a kind this reader does not know.
  public var kind: StreamKind?
  /// The clock of its stamps; nil for one this reader does not know.
  public var clock: StreamClock?
  /// A name for people.
  public var name: String?
  /// VM index.
  public var vm: UInt32?
  /// vCPU index within its VM.
  public var vcpu: UInt32?
  /// Physical CPU whose kernel buffer it is.
  public var physicalCPU: UInt32?

  /// A row with these values.
  public init(
    stream: StreamID, kind: StreamKind, clock: StreamClock, name: String? = nil, vm: UInt32? = nil,
    vcpu: UInt32? = nil, physicalCPU: UInt32? = nil
  ) {
    self.stream = stream
    self.kind = kind
    self.clock = clock
    self.name = name
    self.vm = vm
    self.vcpu = vcpu
    self.physicalCPU = physicalCPU
  }

  /// A row as read.
  public init(_ values: TraceRowValues) throws(TraceError) {
    stream = StreamID(rawValue: try values.required(.stream))
    kind = StreamKind(rawValue: try values.required(.streamKind))
    clock = StreamClock(rawValue: try values.required(.clock))
    name = values.text(.name)
    vm = try values.optional(.vm)
    vcpu = try values.optional(.vcpu)
    physicalCPU = try values.optional(.physicalCPU)
  }

  /// Hands over the values.
  public func write(to builder: inout TraceRowBuilder) {
    builder.put(.stream, stream.rawValue)
    builder.put(.streamKind, kind?.rawValue)
    builder.put(.clock, clock?.rawValue)
    builder.put(.name, name)
    builder.put(.vm, vm)
    builder.put(.vcpu, vcpu)
    builder.put(.physicalCPU, physicalCPU)
  }
}
