import SortieTrace

/// The streams of one vCPU.
struct VCPUStreams {
  var vm: UInt32
  var vcpu: UInt32
  var roundTrips: [StreamID] = []
  var spans: [StreamID] = []
}

/// The tables of a trace, decoded.
public struct TraceTables {
  /// TSC frequency, kHz; nil if unknown.
  public let tscKilohertz: UInt64?
  /// Attributes of the host that recorded.
  public let host: Attributes
  /// Attributes of the VMs and of the runs in them, by VM index.
  public let vms: [UInt32: Attributes]
  /// Symbols of the guests.
  public let symbols: SymbolTable
  /// Names of the devices.
  public let devices: DeviceNames
  let vcpus: [VCPUStreams]
  let counters: KVMCounters
  let probeCosts: [ProbeCost]
  let lossRows: [Loss]
  private var clocks: [VCPUKey: [GuestClock.Segment]] = [:]

  private struct VCPUKey: Hashable {
    var vm: UInt32
    var vcpu: UInt32
  }

  /// The tables of `source`. Throws what it throws.
  public init<Source: TraceSource>(_ source: Source) throws(Source.Failure) {
    host = Attributes.rows(of: try source.table(.hosts), by: .host)[0] ?? Attributes()
    tscKilohertz = host.number("tsc_khz") ?? source.tscKilohertz
    vms = Attributes.rows(of: try source.table(.vms), by: .vm)
    symbols = SymbolTable(try source.table(.symbols))
    devices = DeviceNames(try source.table(.devices))
    counters = KVMCounters(try source.table(.statistics))
    probeCosts = ProbeCost.rows(of: try source.table(.probeCosts))
    lossRows = Loss.rows(of: try source.table(.losses))
    vcpus = Self.vcpus(of: source.streams)
    guard let rows = TableRows(try source.table(.vcpus)) else { return }
    for row in rows.indices {
      guard let offset = rows.integer(.tscOffset, row) else { continue }
      let key = VCPUKey(
        vm: UInt32(truncatingIfNeeded: rows.integer(.vm, row) ?? 0),
        vcpu: UInt32(truncatingIfNeeded: rows.integer(.vcpu, row) ?? 0))
      let segment = GuestClock.Segment(
        since: rows.integer(.tsc, row) ?? 0, offset: offset, scaling: rows.integer(.tscScaling, row) ?? 0,
        scalingBits: rows.integer(.tscScalingBits, row) ?? 0)
      clocks[key, default: []].append(segment)
    }
  }

  private static func vcpus(of streams: [StreamDescription]) -> [VCPUStreams] {
    var found: [VCPUKey: VCPUStreams] = [:]
    for stream in streams.sorted(by: { $0.id < $1.id }) {
      let key = VCPUKey(vm: stream.vm, vcpu: stream.vcpu)
      switch stream.kind {
      case .vmm:
        found[key, default: VCPUStreams(vm: stream.vm, vcpu: stream.vcpu)].roundTrips.append(stream.id)
      case .guest:
        found[key, default: VCPUStreams(vm: stream.vm, vcpu: stream.vcpu)].spans.append(stream.id)
      case .kernel, .scheduler, .ioThread:
        continue
      }
    }
    return found.values.sorted { ($0.vm, $0.vcpu) < ($1.vm, $1.vcpu) }
  }

  /// The guest clock of a vCPU, to be asked for stamps in order of time.
  public func clock(vm: UInt32, vcpu: UInt32) -> GuestClock {
    GuestClock(clocks[VCPUKey(vm: vm, vcpu: vcpu)] ?? [])
  }

  /// Where round trips of a vCPU may be missing. A range whose ends are unknown is taken as unbounded on that side.
  ///
  /// A guest ring that was full lost spans, but harmed none that it kept; one that was corrupt did.
  func losses(of vcpu: VCPUStreams) -> LossMap {
    var clock = clock(vm: vcpu.vm, vcpu: vcpu.vcpu)
    var ranges: [ClosedRange<UInt64>] = []
    for loss in lossRows {
      var first = loss.first ?? 0
      var last = loss.last ?? .max
      if let stream = loss.stream, vcpu.spans.contains(stream) {
        guard loss.cause == .guestRingCorrupt else { continue }
        first = loss.first.flatMap { clock.hostTime($0) } ?? 0
        last = loss.last.flatMap { clock.hostTime($0) } ?? .max
      } else if let stream = loss.stream, !vcpu.roundTrips.contains(stream) {
        continue
      }
      ranges.append(min(first, last)...max(first, last))
    }
    return LossMap(ranges)
  }
}
