internal import CLinuxKVM

/// Statistics that contradict their own descriptors.
public struct StatisticsError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Byte of the file at which the contradiction stands.
  public let offset: Int
  /// What is wrong there.
  public let reason: String

  /// A contradiction at `offset`.
  public init(offset: Int, reason: String) {
    self.offset = offset
    self.reason = reason
  }

  /// One sentence with the offset.
  public var description: String { "statistics are invalid at byte \(offset): \(reason)" }
}

/// One statistic as its descriptor declares it (`kvm_stats_desc`).
public struct StatisticDescriptor: Equatable, Sendable {
  /// How its values behave.
  public enum Kind: Equatable, Sendable {
    /// Only grows.
    case cumulative
    /// Goes up and down.
    case instant
    /// The largest so far.
    case peak
    /// Buckets of `bucketSize` each, the last without end.
    case linearHistogram(bucketSize: UInt32)
    /// Bucket 0 holds 0, bucket n holds 2^(n-1) up to 2^n, the last without end.
    case logarithmicHistogram
    /// A kind that this module does not know: KVM's number.
    case other(UInt32)
  }

  /// What its values count, before the exponent.
  public enum Unit: Equatable, Sendable {
    /// A plain count.
    case none
    /// Bytes.
    case bytes
    /// Seconds.
    case seconds
    /// Cycles of the host.
    case cycles
    /// 0 or 1.
    case boolean
    /// A unit that this module does not know: KVM's number.
    case other(UInt32)
  }

  /// KVM's name, such as `io_exits`.
  public let name: String
  /// How the values behave.
  public let kind: Kind
  /// What they count.
  public let unit: Unit
  /// Values are to be multiplied by `base` to the power `exponent` to be in `unit`: 10 or 2.
  public let base: UInt32
  /// See `base`.
  public let exponent: Int16
  /// How many 64-bit values there are; 1 but for histograms.
  public let count: Int
  /// Where the first stands, bytes from the start of the data block.
  public let offset: Int

  /// The unit with its exponent, such as `ns` or `bytes`; empty for a plain count.
  public var unitName: String {
    switch (unit, base, exponent) {
    case (.none, _, 0): ""
    case (.seconds, 10, -9): "ns"
    case (.seconds, 10, -6): "us"
    case (.seconds, 10, -3): "ms"
    case (_, _, 0): bareUnitName
    default: "\(base)^\(exponent) \(bareUnitName)"
    }
  }

  private var bareUnitName: String {
    switch unit {
    case .none: ""
    case .bytes: "bytes"
    case .seconds: "s"
    case .cycles: "cycles"
    case .boolean: "boolean"
    case .other(let number): "unit \(number)"
    }
  }
}

/// What a statistics file declares about itself: id, descriptors, and where the values stand.
public struct StatisticsLayout: Equatable, Sendable {
  /// The file's name for its subject, such as `kvm-1234/vcpu-0`.
  public let id: String
  /// The statistics, in file order.
  public let descriptors: [StatisticDescriptor]
  /// Where the block of values begins, bytes from the start of the file.
  public let dataOffset: Int
  /// Bytes of the block of values, up to the end of the last statistic.
  public let dataSize: Int

  /// The most that a file may hold before its values, and in them: 16 MiB, far beyond any kernel's.
  static let limit = 1 << 24

  /// How many bytes from the start of the file hold id and descriptors.
  static func metadataSize(header: [UInt8]) throws(StatisticsError) -> Int {
    let fields = try Header(header)
    return max(fields.idEnd, fields.descriptorsEnd)
  }

  /// Parses the start of a statistics file: header, id and descriptors, wherever the header puts them.
  ///
  /// - Throws: `StatisticsError` with the offset at which the bytes contradict themselves.
  public init(parsing bytes: [UInt8]) throws(StatisticsError) {
    let header = try Header(bytes)
    guard header.idEnd <= bytes.count, header.descriptorsEnd <= bytes.count else {
      throw StatisticsError(
        offset: bytes.count, reason: "id and descriptors end at \(max(header.idEnd, header.descriptorsEnd))")
    }
    id = StatisticsLayout.text(bytes, at: header.idOffset, capacity: header.nameSize)
    var found: [StatisticDescriptor] = []
    found.reserveCapacity(header.descriptorCount)
    var end = 0
    for position in 0..<header.descriptorCount {
      let start = header.descriptorOffset + position * header.descriptorSize
      let descriptor = try StatisticsLayout.descriptor(bytes, at: start, nameSize: header.nameSize)
      end = max(end, descriptor.offset + descriptor.count * 8)
      found.append(descriptor)
    }
    descriptors = found
    dataOffset = header.dataOffset
    dataSize = end
  }

  private static func descriptor(
    _ bytes: [UInt8], at start: Int, nameSize: Int
  ) throws(StatisticsError) -> StatisticDescriptor {
    let flags = bytes.word(start + Int(SORTIE_STATS_DESC_FLAGS))
    let count = Int(bytes.half(start + Int(SORTIE_STATS_DESC_SIZE)))
    let offset = Int(bytes.word(start + Int(SORTIE_STATS_DESC_VALUE_OFFSET)))
    guard offset % 8 == 0, offset <= limit else {
      throw StatisticsError(
        offset: start + Int(SORTIE_STATS_DESC_VALUE_OFFSET),
        reason: "value offset \(offset) is not a multiple of 8 below \(limit)")
    }
    let kind: StatisticDescriptor.Kind =
      switch flags & 0xf {
      case 0: .cumulative
      case 1: .instant
      case 2: .peak
      case 3: .linearHistogram(bucketSize: bytes.word(start + Int(SORTIE_STATS_DESC_BUCKET_SIZE)))
      case 4: .logarithmicHistogram
      default: .other(flags & 0xf)
      }
    let unit: StatisticDescriptor.Unit =
      switch (flags >> 4) & 0xf {
      case 0: .none
      case 1: .bytes
      case 2: .seconds
      case 3: .cycles
      case 4: .boolean
      default: .other((flags >> 4) & 0xf)
      }
    return StatisticDescriptor(
      name: text(bytes, at: start + Int(SORTIE_STATS_DESC_NAME), capacity: nameSize), kind: kind, unit: unit,
      base: (flags >> 8) & 0xf == 0 ? 10 : 2,
      exponent: Int16(bitPattern: bytes.half(start + Int(SORTIE_STATS_DESC_EXPONENT))), count: count,
      offset: offset)
  }

  private static func text(_ bytes: [UInt8], at offset: Int, capacity: Int) -> String {
    String(decoding: bytes[offset..<(offset + capacity)].prefix { $0 != 0 }, as: UTF8.self)
  }
}

/// The header of a statistics file (`kvm_stats_header`), its blocks checked for size.
private struct Header {
  let nameSize: Int
  let descriptorCount: Int
  let idOffset: Int
  let descriptorOffset: Int
  let dataOffset: Int

  init(_ bytes: [UInt8]) throws(StatisticsError) {
    guard bytes.count >= Int(SORTIE_STATS_HEADER_SIZE) else {
      throw StatisticsError(offset: bytes.count, reason: "the header has \(SORTIE_STATS_HEADER_SIZE) bytes")
    }
    nameSize = Int(bytes.word(Int(SORTIE_STATS_NAME_SIZE)))
    descriptorCount = Int(bytes.word(Int(SORTIE_STATS_NUM_DESC)))
    idOffset = Int(bytes.word(Int(SORTIE_STATS_ID_OFFSET)))
    descriptorOffset = Int(bytes.word(Int(SORTIE_STATS_DESC_OFFSET)))
    dataOffset = Int(bytes.word(Int(SORTIE_STATS_DATA_OFFSET)))
    guard nameSize <= 4096 else {
      throw StatisticsError(offset: Int(SORTIE_STATS_NAME_SIZE), reason: "names of \(nameSize) bytes")
    }
    guard descriptorCount <= 65536 else {
      throw StatisticsError(offset: Int(SORTIE_STATS_NUM_DESC), reason: "\(descriptorCount) descriptors")
    }
    guard idEnd <= StatisticsLayout.limit, descriptorsEnd <= StatisticsLayout.limit else {
      throw StatisticsError(
        offset: Int(SORTIE_STATS_ID_OFFSET),
        reason: "id and descriptors end at \(max(idEnd, descriptorsEnd)), past \(StatisticsLayout.limit)")
    }
  }

  // Sums and products of 32-bit values bounded above: no overflow in 64 bits.
  var descriptorSize: Int { Int(SORTIE_STATS_DESC_NAME) + nameSize }
  var idEnd: Int { idOffset + nameSize }
  var descriptorsEnd: Int { descriptorOffset + descriptorCount * descriptorSize }
}

extension [UInt8] {
  fileprivate func half(_ offset: Int) -> UInt16 {
    UInt16(self[offset]) | UInt16(self[offset + 1]) << 8
  }

  fileprivate func word(_ offset: Int) -> UInt32 {
    UInt32(half(offset)) | UInt32(half(offset + 2)) << 16
  }
}
