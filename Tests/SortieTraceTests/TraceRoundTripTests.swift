import SystemPackage
import Testing

@testable import SortieTrace

@Suite struct TraceRoundTripTests {
  @Test(arguments: 0..<(isLong ? 1500 : 40)) func randomEventsComeBackAsTheyWereWritten(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    let directory = TemporaryDirectory()
    let path = directory.file("random.sortie")
    var writer = try TraceFileWriter(path: path, identity: testIdentity)
    var written: [StreamID: [ColumnSet]] = [:]
    for _ in 0..<(1 + random.next() % 6) {
      let stream = StreamID(rawValue: UInt32(1 + random.next() % 3))
      let set = RandomColumns.set(using: &random)
      try writer.append(events: set, stream: stream)
      written[stream, default: []].append(set)
    }
    try writer.finish()

    let trace = try TraceFile(path: path)
    #expect(trace.isComplete)
    #expect(trace.identity == testIdentity)
    for (stream, sets) in written {
      let blocks = trace.blocks.filter { $0.stream == stream }
      #expect(try blocks.map { try trace.decode($0) } == sets, "seed \(seed)")
      var before: UInt64 = 0
      for block in blocks {
        #expect(block.rowsBefore == before)
        before += UInt64(block.rows)
      }
    }
  }

  @Test(arguments: 0..<20) func roundTripsComeBackAsTheyWereRecorded(seed: Int) throws {
    let directory = TemporaryDirectory()
    let path = directory.file("vmm.sortie")
    let stream = StreamID(rawValue: 7)
    let records = plausibleRoundTrips(1 + seed * 37, seed: UInt64(seed))
    var writer = try TraceFileWriter(path: path, identity: testIdentity)
    for start in stride(from: 0, to: records.count, by: 100) {
      try writer.append(Array(records[start..<min(records.count, start + 100)]), stream)
      if start % 300 == 0 { try writer.flush() }
    }
    try writer.finish()
    var read: [RoundTripRecord] = []
    try TraceFile(path: path).forEachRoundTrip(of: stream) { read.append($0) }
    #expect(read == records, "seed \(seed)")
  }

  @Test func moreThanABlockOfRoundTripsIsSplitAndComesBack() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("long.sortie")
    let stream = StreamID(rawValue: 1)
    let records = plausibleRoundTrips(TraceLimits.writtenRows + 1000, seed: 5)
    var writer = try TraceFileWriter(path: path, identity: testIdentity)
    try writer.append(records, stream)
    try writer.finish()
    let trace = try TraceFile(path: path)
    #expect(trace.blocks.filter { $0.stream == stream }.map(\.rows) == [TraceLimits.writtenRows, 1000])
    var read: [RoundTripRecord] = []
    try trace.forEachRoundTrip(of: stream) { read.append($0) }
    #expect(read == records)
  }

  @Test func roundTripsBeyondTheDictionaryCarryTheirFields() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("sites.sortie")
    let stream = StreamID(rawValue: 1)
    let records = (0..<(TraceLimits.writtenSites + 500)).map { index in
      RoundTripRecord(
        u0: UInt64(index) * 100 + 1, u1: UInt64(index) * 100 + 50, rip: UInt64(index),
        address: UInt64(index) << 20,
        reason: index % 2 == 0 ? 6 : RoundTripRecord.noReason, count: 1, device: index % 3 == 0 ? 4 : .max,
        size: 8,
        flags: .write)
    }
    var writer = try TraceFileWriter(path: path, identity: testIdentity)
    try writer.append(records, stream)
    try writer.finish()
    let trace = try TraceFile(path: path)
    #expect(trace.sites.count == TraceLimits.writtenSites)
    var read: [RoundTripRecord] = []
    try trace.forEachRoundTrip(of: stream) { read.append($0) }
    #expect(read == records)
  }

  @Test func footerCountsEventsBySite() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("counts.sortie")
    let stream = StreamID(rawValue: 1)
    let records = plausibleRoundTrips(1000, seed: 9)
    var writer = try TraceFileWriter(path: path, identity: testIdentity)
    try writer.append(Array(records[..<400]), stream)
    try writer.flush()
    try writer.append(Array(records[400...]), stream)
    try writer.finish()
    let trace = try TraceFile(path: path)
    let counts = try #require(try trace.siteCounts())
    #expect(counts.count == trace.blocks.count)
    for (block, counts) in zip(trace.blocks, counts) where block.stream == stream {
      let part = records[Int(block.rowsBefore)...].prefix(block.rows)
      for (site, count) in counts {
        let place = try #require(trace.sites[Int(site)])
        let same = part.filter { $0.rip == place.rip && $0.reason == place.reason && $0.flags == place.flags }
        #expect(UInt64(same.count) == count)
      }
      #expect(counts.reduce(0) { $0 + $1.count } == UInt64(block.rows))
    }
  }

  @Test func tablesComeBackTyped() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("tables.sortie")
    let vcpus = [
      VCPURow(vcpu: 0, apicID: 0, tscOffset: -5, tscScaling: 1 << 32, tscScalingBits: 32), VCPURow(vcpu: 1),
    ]
    let devices = [
      DeviceRow(device: 0, name: "16550", isMemory: false, address: 0x3f8, length: 8),
      DeviceRow(device: 1, name: "latch", isMemory: true, address: 0xd000_0000, length: 8192),
    ]
    let statistics = [
      StatisticRow(tsc: 5, vcpu: 0, name: "exits", flags: 0, exponent: -9, number: 17),
      StatisticRow(tsc: 5, name: "halt_wait_hist", bucketSize: 0, bucket: 3, number: 1),
    ]
    let streams = [
      StreamRow(stream: StreamID(rawValue: 1), kind: .vmm, clock: .hostTSC, name: "vcpu 0", vm: 0, vcpu: 0),
      StreamRow(stream: StreamID(rawValue: 2), kind: .kernel, clock: .hostTSC, physicalCPU: 1),
    ]
    var writer = try TraceFileWriter(path: path, identity: testIdentity)
    try writer.append(rows: [HostAttribute(name: "vendor", value: "AMD")])
    try writer.append(rows: [VMAttribute(name: "workload", value: "pio-write")])
    try writer.append(rows: vcpus)
    try writer.append(rows: devices)
    try writer.append(rows: statistics)
    try writer.append(rows: streams)
    try writer.append(rows: [ThreadRow(thread: 77, vcpu: 0)])
    try writer.append(rows: [AnchorRow(tsc: 1, monotonic: 2, realtime: 3)])
    try writer.append(rows: [AnchorRow(tsc: 4, monotonic: 5, realtime: nil)])
    try writer.append(rows: [MarkRow(tsc: 9, name: "start")])
    try writer.append(rows: [SymbolRow(address: 0x10_0000, length: 0, name: "_start")])
    try writer.append(rows: [EventFormatRow(event: 3, name: "kvm/kvm_exit", format: "name: kvm_exit\n")])
    try writer.append(rows: [ProbeCostRow(name: "stamp", cycles: 27, method: "pair of rdtsc")])
    let sites = [
      AggregateSiteRow(
        site: 0, population: .roundTrips, reason: 2, address: 0x3f8, size: 1, flags: .write, device: 3),
      AggregateSiteRow(site: 1, population: .handled, isa: 2, reason: 0x7c, name: "msr", detail: "write TSC"),
      AggregateSiteRow(site: 2, population: .heavy),
    ]
    let histograms = [HistogramRow(vm: 1, vcpu: nil, site: 1, lowest: 1, highest: 2, count: 3)]
    let sums = [
      SumRow(since: 1, until: 9, vm: 1, vcpu: 4, name: "wall", number: 8),
      SumRow(since: 1, until: 9, vm: 1, site: 2, name: "cycles", number: 5),
    ]
    try writer.append(rows: sites)
    try writer.append(rows: histograms)
    try writer.append(rows: sums)
    try writer.finish()

    let trace = try TraceFile(path: path)
    #expect(try trace.rows(HostAttribute.self) == [HostAttribute(name: "vendor", value: "AMD")])
    #expect(try trace.rows(VMAttribute.self) == [VMAttribute(name: "workload", value: "pio-write")])
    #expect(try trace.rows(VCPURow.self) == vcpus)
    #expect(try trace.rows(DeviceRow.self) == devices)
    #expect(try trace.rows(StatisticRow.self) == statistics)
    #expect(try trace.rows(StreamRow.self) == streams)
    #expect(try trace.rows(ThreadRow.self) == [ThreadRow(thread: 77, vcpu: 0)])
    #expect(
      try trace.rows(AnchorRow.self) == [
        AnchorRow(tsc: 1, monotonic: 2, realtime: 3), AnchorRow(tsc: 4, monotonic: 5, realtime: nil),
      ])
    #expect(try trace.rows(MarkRow.self) == [MarkRow(tsc: 9, name: "start")])
    #expect(try trace.rows(SymbolRow.self) == [SymbolRow(address: 0x10_0000, length: 0, name: "_start")])
    #expect(try trace.rows(EventFormatRow.self).map(\.name) == ["kvm/kvm_exit"])
    #expect(try trace.rows(ProbeCostRow.self).map(\.cycles) == [27])
    #expect(try trace.rows(AggregateSiteRow.self) == sites)
    #expect(try trace.rows(HistogramRow.self) == histograms)
    #expect(try trace.rows(SumRow.self) == sums)
  }

  @Test func rowsThatContradictThemselvesAreRefused() throws {
    let directory = TemporaryDirectory()
    var writer = try TraceFileWriter(path: directory.file("bad.sortie"), identity: testIdentity)
    let twice = ColumnSet(count: 1, columns: [Column(.tsc, .integers([1])), Column(.tsc, .integers([2]))])
    let ones = [UInt64](repeating: 1, count: 70)
    let bitmap = ColumnSet(count: 70, columns: [Column(.tsc, .integers(ones), presence: [1])])
    var refused = 0
    for set in [twice, bitmap] {
      do throws(TraceError) { try writer.append(events: set, stream: StreamID(rawValue: 1)) } catch {
        if case .invalidRows = error { refused += 1 }
      }
    }
    #expect(refused == 2)
    try writer.finish()
  }
}
