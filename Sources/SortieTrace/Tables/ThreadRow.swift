/// Which thread runs a vCPU since when.
public struct ThreadRow: TraceRow, Equatable {
  /// ``TableID/threads``.
  public static var table: TableID { .threads }

  /// Kernel id of the thread.
  public var thread: UInt32
  /// The vCPU it runs; nil: none (an I/O thread).
  public var vcpu: UInt32?
  /// VM index.
  public var vm: UInt32
  /// Host TSC cycles; nil: from the start.
  public var since: UInt64?
  /// The thread's name.
  public var name: String?

  /// A row with these values; see the properties for units.
  public init(
    thread: UInt32, vcpu: UInt32? = nil, vm: UInt32 = 0, since: UInt64? = nil, name: String? = nil
  ) {
    self.thread = thread
    self.vcpu = vcpu
    self.vm = vm
    self.since = since
    self.name = name
  }

  /// A row as read.
  public init(_ values: TraceRowValues) throws(TraceError) {
    thread = try values.required(.thread)
    vcpu = try values.optional(.vcpu)
    vm = try values.optional(.vm) ?? 0
    since = values.integer(.tsc)
    name = values.text(.name)
  }

  /// Hands over the values.
  public func write(to builder: inout TraceRowBuilder) {
    builder.put(.thread, thread)
    builder.put(.vcpu, vcpu)
    builder.put(.vm, vm)
    builder.put(.tsc, since)
    builder.put(.name, name)
  }
}
