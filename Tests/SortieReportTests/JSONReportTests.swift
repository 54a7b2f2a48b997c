import FoundationEssentials
import SortieAnalysis
import SortieReport
import SortieTrace
import Testing
import TraceFixtures

#if canImport(Glibc)
  import Glibc
#endif

/// JSON as it was read back, by a decoder that knows nothing of the document's types.
enum JSONValue: Decodable, Equatable {
  case null
  case bool(Bool)
  case number(Double)
  case text(String)
  case array([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members[key]
  }

  var elements: [JSONValue] {
    guard case .array(let elements) = self else { return [] }
    return elements
  }

  /// Every key of every object.
  var keys: Set<String> {
    switch self {
    case .object(let members): members.values.reduce(into: Set(members.keys)) { $0.formUnion($1.keys) }
    case .array(let elements): elements.reduce(into: []) { $0.formUnion($1.keys) }
    default: []
    }
  }
}

func json(of trace: MemoryTrace) throws -> JSONValue {
  try JSONDecoder().decode(JSONValue.self, from: Data(try jsonReport(analyze(trace))))
}

@Suite struct JSONReportTests {
  @Test func theFixedKeysAreThere() throws {
    let document = try json(of: sampleTrace())
    #expect(document["schema"] == .text("sortie.report/1"))
    #expect(document["host"]?["emulated_guest_code"] == .bool(true))
    let totals = try #require(document["totals"])
    #expect(totals["round_trips"] == .number(1102))
    #expect(totals["heavy"] == .number(1101))
    #expect(totals["kicks"] == .number(1))
    #expect(totals["episodes"] == .null)
    #expect(totals["light"] == .null)
    #expect(totals["lost"] == .number(0))
    #expect(totals["kvm_counter_exits"] == .number(9000))
    #expect(totals["counter_comparable"] == .bool(false))
    #expect(totals["unknown"] == .number(0))
    let sites = try #require(document["sites"]).elements
    let write = try #require(sites.first { $0["site"] == .text("pio write 0xe0/4") })
    #expect(write["reason"] == .text("KVM_EXIT_IO"))
    #expect(write["class"] == .text("heavy"))
    #expect(write["device"] == .text("latch"))
    #expect(write["tier"] == .text("vmm"))
    #expect(write["interval"] == .text("vmm"))
    #expect(write["count"] == .number(1100))
    #expect(write["stages"] == .null)
    #expect(write["cycles"]?["p50"] == .number(403))
    #expect(write["cycles"]?["p999"] == .number(406))
    #expect(write["cycles"]?["max"] == .number(406))
    #expect(write["split"]?["guest_to_host"]?["p50_cycles"] == .number(600))
    #expect(write["split"]?["host_to_guest"]?["mean_cycles"] == .number(400))
    guard case .number(let share) = write["vcpu_time_share"] else {
      Issue.record("vcpu_time_share is no number")
      return
    }
    #expect(share > 0.018 && share < 0.019)
    let guest = try #require(sites.first { $0["tier"] == .text("guest") })
    #expect(guest["interval"] == .text("guest_round_trip"))
    #expect(guest["reason"] == .text("operation"))
    #expect(guest["site"] == .text("guest pio-write"))
    let last = try #require(sites.first { $0["site"] == .text("pio write 0xf4/1") })
    #expect(last["count"] == .number(1))
    #expect(last["cycles"]?["timed"] == .number(0))
    for figure in ["sum", "mean", "p50", "p90", "p99", "p999", "max"] {
      #expect(last["cycles"]?[figure] == .null)
    }
    #expect(last["vcpu_time_share"] == .null)
    #expect(last["rate_per_second"] != .null)
  }

  @Test func everySiteHasEveryKey() throws {
    let sites = try #require(try json(of: sampleTrace(vms: 3))["sites"]).elements
    let wanted: Set = [
      "reason", "site", "class", "device", "tier", "count", "vcpu_time_share", "interval", "cycles", "stages",
      "split",
    ]
    #expect(!sites.isEmpty)
    for site in sites {
      guard case .object(let members) = site else {
        Issue.record("a site is no object")
        continue
      }
      #expect(wanted.subtracting(members.keys).isEmpty)
    }
  }

  @Test func aHostThatDoesNotEmulateHasAComparableCounter() throws {
    let document = try json(of: sampleTrace(emulated: false))
    #expect(document["host"]?["emulated_guest_code"] == .bool(false))
    #expect(document["totals"]?["counter_comparable"] == .bool(true))
  }

  @Test func withoutATimedEventThereIsNoShareAnywhere() throws {
    var trace = MemoryTrace()
    trace.add([
      RoundTripRecord(
        u0: 1000, rip: 0x10_0040, address: 0xf4, reason: 2, count: 1, size: 1, flags: [.write, .ripIsNext])
    ])
    let document = try json(of: trace)
    for key in ["sites", "reasons", "instructions"] {
      let row = try #require(document[key]?.elements.first)
      #expect(row["count"] == .number(1))
      #expect(row["vcpu_time_share"] == .null)
      #expect(row["cycles"]?["sum"] == .null)
      // The only stamp there is: no time passed.
      #expect(row["rate_per_second"] == .null)
    }
  }

  @Test func timeThatRoundTripsCountTwiceIsSaid() throws {
    var trace = MemoryTrace()
    trace.add([
      RoundTripRecord(u1: 100, flags: .firstEntry), RoundTripRecord(u0: 200, u1: 400, reason: 2),
      RoundTripRecord(u0: 300, u1: 500, reason: 2),
    ])
    let time = try json(of: trace)["totals"]?["vcpu_time"]
    #expect(time?["wall_cycles"] == .number(400))
    #expect(time?["overcounted_cycles"] == .number(100))
    #expect(time?["unaccounted_cycles"] == .number(0))
  }

  @Test func anEmptyTraceStillHasADocument() throws {
    let document = try json(of: MemoryTrace())
    #expect(document["totals"]?["round_trips"] == .number(0))
    #expect(document["totals"]?["kvm_counter_exits"] == .null)
    #expect(document["host"]?["emulated_guest_code"] == .null)
    #expect(document["sites"] == .array([]))
  }

  @Test func everyKeyIsInTheSchema() throws {
    let schema = try schemaText()
    var trace = sampleTrace(vms: 2)
    trace.addLoss(StreamID(rawValue: 1), 5, 10, count: 3)
    var keys = try json(of: trace).keys
    var lines: [UInt8] = []
    dump(trace, format: .jsonLines) { bytes in
      lines += bytes
      return true
    }
    for line in lines.split(separator: UInt8(ascii: "\n")) {
      keys.formUnion(try JSONDecoder().decode(JSONValue.self, from: Data(line)).keys)
    }
    #expect(keys.count > 60)
    let documented = Set(schema.split(separator: "`").map(String.init))
    for key in keys { #expect(documented.contains(key), "\(key) is not in SCHEMA.md") }
  }
}

/// What SCHEMA.md of a module says.
func schemaText(_ module: String = "SortieReport") throws -> String {
  let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
  let file = try #require(fopen(root + "/Sources/\(module)/SCHEMA.md", "r"))
  defer { fclose(file) }
  var bytes = [UInt8](repeating: 0, count: 1 << 20)
  let count = fread(&bytes, 1, bytes.count, file)
  return String(decoding: bytes[..<count], as: UTF8.self)
}
