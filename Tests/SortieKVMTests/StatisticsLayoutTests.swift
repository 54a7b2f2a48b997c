import CLinuxKVM
import SortieKVM
import Testing

/// A statistics file of KVM's layout, put together from the kernel header's own structures and constants.
private struct ConstructedStatistics {
  var header = kvm_stats_header()
  var descriptors: [(kvm_stats_desc, String)] = []
  var values: [UInt64] = []
  static let nameSize = 48

  var bytes: [UInt8] {
    var header = header
    let start = MemoryLayout<kvm_stats_header>.size
    if header.name_size == 0 {
      header.name_size = UInt32(ConstructedStatistics.nameSize)
      header.num_desc = UInt32(descriptors.count)
      header.id_offset = UInt32(start)
      header.desc_offset = UInt32(start + ConstructedStatistics.nameSize)
      header.data_offset =
        header.desc_offset + UInt32(descriptors.count * (16 + ConstructedStatistics.nameSize))
    }
    var bytes = withUnsafeBytes(of: header) { [UInt8]($0) }
    bytes += ConstructedStatistics.padded("kvm-42/vcpu-0")
    for (descriptor, name) in descriptors {
      bytes += withUnsafeBytes(of: descriptor) { [UInt8]($0) }
      bytes += ConstructedStatistics.padded(name)
    }
    return bytes
  }

  var data: [UInt8] { values.flatMap { value in withUnsafeBytes(of: value) { [UInt8]($0) } } }

  static func padded(_ text: String) -> [UInt8] {
    [UInt8](text.utf8) + [UInt8](repeating: 0, count: nameSize - text.utf8.count)
  }

  mutating func add(
    _ name: String, kind: Int32, unit: UInt32 = 0, base: UInt32 = 0, exponent: Int16 = 0, bucket: UInt32 = 0,
    _ values: UInt64...
  ) {
    var descriptor = kvm_stats_desc()
    descriptor.flags = UInt32(kind) | unit | base
    descriptor.exponent = exponent
    descriptor.size = UInt16(values.count)
    descriptor.offset = UInt32(self.values.count * 8)
    descriptor.bucket_size = bucket
    descriptors.append((descriptor, name))
    self.values += values
  }

  static var sample: ConstructedStatistics {
    var file = ConstructedStatistics()
    file.add("exits", kind: 0, 1234)
    file.add("halt_poll_success_ns", kind: 0, unit: 2 << 4, exponent: -9, 99)
    file.add("max_mmu_page_hash_collisions", kind: 2, 7)
    file.add("guest_mode", kind: 1, unit: 4 << 4, 1)
    file.add("halt_wait_hist", kind: 4, unit: 2 << 4, exponent: -9, 1, 2, 3, 4)
    file.add("linear", kind: 3, unit: 1 << 4, base: 1 << 8, exponent: 10, bucket: 100, 5, 6)
    return file
  }
}

struct StatisticsLayoutTests {
  @Test func namesKindsUnitsAndExponentsComeFromTheFilesOwnDescriptors() throws {
    let layout = try StatisticsLayout(parsing: ConstructedStatistics.sample.bytes)
    #expect(layout.id == "kvm-42/vcpu-0")
    #expect(layout.descriptors.map(\.name).prefix(2) == ["exits", "halt_poll_success_ns"])
    #expect(
      layout.descriptors.map(\.kind) == [
        .cumulative, .cumulative, .peak, .instant, .logarithmicHistogram, .linearHistogram(bucketSize: 100),
      ])
    #expect(layout.descriptors.map(\.unit) == [.none, .seconds, .none, .boolean, .seconds, .bytes])
    #expect(layout.descriptors.map(\.unitName) == ["", "ns", "", "boolean", "ns", "2^10 bytes"])
    #expect(layout.descriptors.map(\.count) == [1, 1, 1, 1, 4, 2])
    #expect(layout.dataSize == 80)
    #expect(layout.dataOffset == 24 + 48 + 6 * 64)
  }

  @Test func aSnapshotGivesValuesAndBuckets() throws {
    let file = ConstructedStatistics.sample
    let snapshot = try StatisticsSnapshot(layout: StatisticsLayout(parsing: file.bytes), data: file.data)
    #expect(snapshot["exits"] == 1234)
    #expect(snapshot["halt_poll_success_ns"] == 99)
    #expect(snapshot["no_such_statistic"] == nil)
    #expect(snapshot.values(of: snapshot.layout.descriptors[4]) == [1, 2, 3, 4])
    #expect(snapshot.values(of: snapshot.layout.descriptors[5]) == [5, 6])
  }

  @Test func kindsAndUnitsOfTheFutureAreKept() throws {
    var file = ConstructedStatistics()
    file.add("new", kind: 9, unit: 11 << 4, exponent: 3, 1)
    let layout = try StatisticsLayout(parsing: file.bytes)
    #expect(layout.descriptors[0].kind == .other(9))
    #expect(layout.descriptors[0].unit == .other(11))
    #expect(layout.descriptors[0].unitName == "10^3 unit 11")
  }

  @Test func aFileCutAnywhereIsRefused() {
    let bytes = ConstructedStatistics.sample.bytes
    for length in 0..<bytes.count {
      #expect(throws: StatisticsError.self) { try StatisticsLayout(parsing: [UInt8](bytes.prefix(length))) }
    }
  }

  @Test func valuesShorterThanDeclaredAreRefused() throws {
    let file = ConstructedStatistics.sample
    let layout = try StatisticsLayout(parsing: file.bytes)
    #expect(throws: StatisticsError.self) {
      try StatisticsSnapshot(layout: layout, data: [UInt8](file.data.dropLast()))
    }
  }

  @Test(arguments: [4, 8, 12, 16])
  func hugeSizesInTheHeaderAreRefusedWithTheirOffset(field: Int) {
    var bytes = ConstructedStatistics.sample.bytes
    for byte in field..<(field + 4) { bytes[byte] = 0xff }
    let error = #expect(throws: StatisticsError.self) { try StatisticsLayout(parsing: bytes) }
    #expect((4..<24).contains(error?.offset ?? 0))
  }

  @Test(arguments: [UInt32(4), 0xffff_fff8, 0x8000_0000])
  func valueOffsetsThatCannotBeAreRefused(offset: UInt32) {
    var file = ConstructedStatistics.sample
    file.descriptors[2].0.offset = offset
    let error = #expect(throws: StatisticsError.self) { try StatisticsLayout(parsing: file.bytes) }
    #expect(error?.offset == 24 + 48 + 2 * 64 + 8)
  }

  @Test func randomDamageNeverReadsOutsideTheValues() {
    var random = SystemRandomNumberGenerator()
    let whole = ConstructedStatistics.sample
    for _ in 0..<20_000 {
      var bytes = whole.bytes
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      guard let layout = try? StatisticsLayout(parsing: bytes) else { continue }
      #expect(layout.dataSize <= 1 << 25)
      guard let snapshot = try? StatisticsSnapshot(layout: layout, data: whole.data) else { continue }
      for descriptor in layout.descriptors {
        #expect(snapshot.values(of: descriptor).count == descriptor.count)
      }
    }
  }
}
