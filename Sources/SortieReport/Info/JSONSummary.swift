import FoundationEssentials
public import SortieAnalysis
import SortieTrace

/// What is in a trace, as the JSON document `sortie.info/1` that SCHEMA.md describes.
///
/// Throws `EncodingError` if a number has no form in JSON; a summary holds none that has not.
public func jsonSummary(_ summary: TraceSummary) throws -> [UInt8] { try jsonBytes(SummaryDocument(summary)) }

struct SummaryDocument: Encodable, Sendable {
  var schema = "sortie.info/1"
  var traceId: String
  @OrNull var bootId: String?
  var formatMajor: UInt16
  var formatMinor: UInt16
  @OrNull var tscKhz: UInt64?
  @OrNull var tscInvariant: Bool?
  var sizeBytes: UInt64
  var finished: Bool
  var damage: [DamageDocument]
  var streams: [StreamDocument]
  var tables: [TableDocument]
  var losses: [LossDocument]
  var vms: [VMAttributesDocument]
  var hostAttributes: [AttributeDocument]

  init(_ summary: TraceSummary) {
    traceId = "\(summary.identity.traceID)"
    bootId = summary.identity.bootID.map { "\($0)" }
    formatMajor = summary.version.major
    formatMinor = summary.version.minor
    tscKhz = summary.identity.tscKHz
    tscInvariant = summary.identity.tscIsInvariant
    sizeBytes = summary.size
    finished = summary.isFinished
    damage = summary.damage.map {
      DamageDocument(offsetBytes: $0.offset, lengthBytes: $0.length, text: $0.reason)
    }
    streams = summary.streams.map(StreamDocument.init)
    tables = summary.tables.map { TableDocument(name: "\($0.id)", rows: $0.rows, fileBytes: $0.bytes) }
    losses = summary.losses.map(LossDocument.init)
    vms = summary.vms.sorted { $0.key < $1.key }.map {
      VMAttributesDocument(vm: $0.key, attributes: AttributeDocument.list($0.value))
    }
    hostAttributes = AttributeDocument.list(summary.host)
  }
}

struct DamageDocument: Encodable, Sendable {
  var offsetBytes: UInt64
  var lengthBytes: UInt64
  var text: String
}

struct StreamDocument: Encodable, Sendable {
  var stream: UInt32
  @OrNull var kind: String?
  @OrNull var name: String?
  @OrNull var vm: UInt32?
  @OrNull var vcpu: UInt32?
  var events: UInt64
  var blocks: UInt64
  var fileBytes: UInt64
  var contentBytes: UInt64
  @OrNull var bytesPerEvent: Double?
  @OrNull var recordRatio: Double?
  @OrNull var firstTsc: UInt64?
  @OrNull var lastTsc: UInt64?

  init(_ stream: TraceSummary.Stream) {
    self.stream = stream.id.rawValue
    kind = stream.row?.kind.map { "\($0)" }
    name = stream.row?.name
    vm = stream.row?.vm
    vcpu = stream.row?.vcpu
    events = stream.events
    blocks = stream.blocks
    fileBytes = stream.bytes
    contentBytes = stream.contentBytes
    bytesPerEvent = stream.bytesPerEvent
    recordRatio = stream.ratio
    firstTsc = stream.range?.lowerBound
    lastTsc = stream.range?.upperBound
  }
}

struct TableDocument: Encodable, Sendable {
  var name: String
  var rows: UInt64
  var fileBytes: UInt64
}

struct VMAttributesDocument: Encodable, Sendable {
  var vm: UInt32
  var attributes: [AttributeDocument]
}
