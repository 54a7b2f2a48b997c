import SortieAnalysis
import SortieTrace

/// Writes events as lines.
struct DumpLine {
  private let tables: TraceTables
  private let start: UInt64
  private let format: DumpFormat
  /// Labels are made once a site; what a hostile trace can put here is bounded.
  private var labels: [SiteKey: String] = [:]

  private static let labelLimit = 4096

  init(_ tables: TraceTables, start: UInt64, format: DumpFormat) {
    self.tables = tables
    self.start = start
    self.format = format
  }

  mutating func append(_ event: DumpEvent, at time: UInt64, of stream: DumpStream, _ bytes: inout [UInt8]) {
    var (vm, vcpu) = (stream.description?.vm, stream.description?.vcpu)
    if case .kernel(let kernel) = event { (vm, vcpu) = (kernel.vm, kernel.vcpu) }
    switch format {
    case .text:
      let line =
        switch event {
        case .roundTrip(let record): roundTripText(record, vm: vm ?? 0)
        case .span(let span, _): "operation  \(cycles(span.g0, span.g1))"
        case .kernel(let kernel): printable("\(padded(kernel.event, 18))  \(kernel.text)", limit: 200)
        }
      text(time, vm, vcpu, line, &bytes)
    case .jsonLines:
      var object = JSONLine(&bytes)
      let kind =
        switch event {
        case .roundTrip: "round_trip"
        case .span: "operation"
        case .kernel: "kernel"
        }
      object.string("kind", kind)
      object.raw("seconds", seconds(time) ?? "null")
      object.number("stream", UInt64(stream.id.rawValue))
      object.number("vm", vm.map(UInt64.init))
      object.number("vcpu", vcpu.map(UInt64.init))
      switch event {
      case .roundTrip(let record): roundTrip(record, vm: vm ?? 0, &object)
      case .span(let span, let host): operation(span, host, &object)
      case .kernel(let event): kernel(event, &object)
      }
      bytes = object.finish()
    }
    bytes.append(UInt8(ascii: "\n"))
  }

  // MARK: JSON

  private func operation(
    _ span: GuestSpanRecord, _ host: (g0: UInt64, g1: UInt64)?, _ object: inout JSONLine
  ) {
    object.number("g0", span.g0)
    object.number("g1", span.g1)
    object.number("host_g0", host?.g0)
    object.number("host_g1", host?.g1)
    object.number("cycles", host.flatMap { difference($0.g0, $0.g1) })
  }

  private func kernel(_ event: DecodedKernelEvent, _ object: inout JSONLine) {
    object.string("event", event.event)
    object.string("text", event.text)
    object.number(tables.unit == .cycles ? "tsc" : "time_ns", event.tsc)
    object.number("thread", event.thread.map(UInt64.init))
    for (name, value, isHexadecimal) in event.values {
      if isHexadecimal { object.string(name, hexadecimal(value)) } else { object.number(name, value) }
    }
  }

  private mutating func roundTrip(_ record: RoundTripRecord, vm: UInt32, _ object: inout JSONLine) {
    let flags = record.flags
    let key = SiteKey(record)
    let isEntry = flags.contains(.firstEntry)
    object.string("class", className(record))
    object.string("reason", isEntry ? nil : key.reasonName)
    object.number("reason_number", record.reason == RoundTripRecord.noReason ? nil : UInt64(record.reason))
    object.string("site", isEntry ? nil : label(key))
    object.string("address", hexadecimal(record.address))
    object.number("size", UInt64(record.size))
    object.string("direction", flags.contains(.write) ? "write" : "read")
    object.number("count", UInt64(record.count))
    object.string("device", tables.devices.name(of: record.device, vm: vm))
    object.number("device_number", record.device == RoundTripRecord.noDevice ? nil : UInt64(record.device))
    object.string("rip", hexadecimal(record.rip))
    object.string("rip_kind", RIPKind(flags).rawValue)
    object.string("symbol", tables.symbols.name(of: record.rip, isNext: flags.contains(.ripIsNext), vm: vm))
    for (name, stamp) in [("u0", record.u0), ("d0", record.d0), ("d1", record.d1), ("u1", record.u1)] {
      object.number(name, stamp == 0 ? nil : stamp)
    }
    object.number("cycles", record.u0 == 0 || record.u1 == 0 ? nil : difference(record.u0, record.u1))
    object.number("errno", UInt64(record.errno))
    object.number(
      "physical_cpu", record.physicalCPU == RoundTripRecord.noCPU ? nil : UInt64(record.physicalCPU))
    object.bool("first_entry", isEntry)
    object.bool("coalesced", flags.contains(.coalesced))
  }

  // MARK: Text

  private func text(
    _ time: UInt64, _ vm: UInt32?, _ vcpu: UInt32?, _ event: String, _ bytes: inout [UInt8]
  ) {
    let stamp = seconds(time) ?? "\(time &- start)"
    let vcpu = vm.flatMap { vm in vcpu.map { "\(vm):\($0)" } } ?? "-"
    bytes.append(contentsOf: padded(stamp, 14, right: true).utf8)
    bytes.append(contentsOf: "  \(padded(vcpu, 6))  \(event)".utf8)
  }

  private mutating func roundTripText(_ record: RoundTripRecord, vm: UInt32) -> String {
    guard !record.flags.contains(.firstEntry) else { return "first entry" }
    var line = padded(className(record) ?? "", 9) + "  "
    line += record.u0 == 0 || record.u1 == 0 ? padded("-", 10, right: true) : cycles(record.u0, record.u1)
    line += "  " + padded(printable(label(SiteKey(record))), 24)
    line += "  rip " + hexadecimal(record.rip)
    if let symbol = tables.symbols.name(of: record.rip, isNext: record.flags.contains(.ripIsNext), vm: vm) {
      line += " " + printable(symbol)
    }
    if let device = tables.devices.name(of: record.device, vm: vm) { line += "  " + printable(device) }
    if record.count > 1 { line += "  ×\(record.count)" }
    if record.errno != 0 { line += "  errno \(record.errno)" }
    return line
  }

  private func cycles(_ first: UInt64, _ last: UInt64) -> String {
    padded(difference(first, last).map(grouped) ?? "inverted", 10, right: true)
  }

  // MARK: Both

  private func className(_ record: RoundTripRecord) -> String? {
    if record.flags.contains(.firstEntry) { return nil }
    if record.flags.contains(.kick) { return ExitClass.kick.rawValue }
    return (record.flags.contains(.coalesced) ? ExitClass.light : .heavy).rawValue
  }

  private func difference(_ first: UInt64, _ last: UInt64) -> UInt64? { last >= first ? last - first : nil }

  private mutating func label(_ key: SiteKey) -> String {
    if let known = labels[key] { return known }
    if labels.count >= Self.labelLimit { labels.removeAll() }
    let label = key.label
    labels[key] = label
    return label
  }

  /// Seconds since the start to the nanosecond; nil where the TSC frequency is unknown.
  private func seconds(_ time: UInt64) -> String? {
    secondsText(time >= start ? time - start : 0, tables.tscKilohertz)
  }
}

private func padded(_ text: String, _ width: Int, right: Bool = false) -> String {
  let padding = String(repeating: " ", count: max(0, width - text.count))
  return right ? padding + text : text + padding
}
