import Foundation
import Testing

@testable import SortieProbes

/// What perf and trace-cmd of Debian 12 recorded in the lab of a few dozen exits, without what sortie does not read (kernel
/// symbols, the texts by which events are printed, other parts of the header); the one with zlib holds what the one with
/// zstd does, for Debian's trace-cmd has no zlib.
enum RecordedImport: String, CaseIterable, CustomTestStringConvertible {
  /// `perf record -z -k mono -e kvm:…,raw_syscalls:…` of 20 operations of pio-write.
  case perf = "perf-zstd.data"
  /// `perf kvm stat record` of 50 operations of hypercall.
  case perfStat = "perf-kvmstat.data"
  /// `trace-cmd record --file-version 6 -e kvm_exit -e kvm_entry -e kvm_userspace_exit` of 20 operations of pio-write.
  case traceDat6 = "trace-v6.dat"
  case traceDat7 = "trace-v7-zstd.dat"
  case traceDat7zlib = "trace-v7-zlib.dat"

  var testDescription: String { rawValue }

  /// `kvm_exit` events by thread and exit code of SVM, as `trace-cmd report` prints them; of perf's, by
  /// exit code only, as `perf kvm stat report` counts them, and those that it leaves out.
  var exits: [UInt32: UInt64] {
    switch self {
    case .perf: [0x400: 27, 0x7b: 24, 0x60: 1]
    case .perfStat: [0x81: 50, 0x400: 27, 0x7b: 4, 0x60: 1]
    case .traceDat6, .traceDat7, .traceDat7zlib: [0x7b: 27, 0x400: 27]
    }
  }

  /// Exits that are in the file and not in ``exits``: one for each of its vCPUs.
  var unpaired: Int {
    switch self {
    case .perf, .perfStat: 3
    case .traceDat6, .traceDat7, .traceDat7zlib: 0
    }
  }

  var bytes: [UInt8] {
    get throws {
      let root = #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined()
      return [UInt8](try Data(contentsOf: URL(filePath: "\(root)/Recorded/imports/\(rawValue)")))
    }
  }
}

/// Keeps what a recording hands over.
final class CollectedImport: ImportVisitor {
  struct Event: Equatable {
    var cpu: UInt32
    var time: UInt64
    var process: UInt32?
    var record: [UInt8]
  }

  var events: [Event] = []
  var losses: [UInt64?] = []
  var names: [UInt32: String] = [:]

  func take(_ event: ImportedEvent) {
    events.append(
      Event(cpu: event.cpu, time: event.time, process: event.process, record: Array(event.record)))
  }

  func lose(cpu: UInt32, count: UInt64?, cause: ImportLoss, fromStart: Bool) { losses.append(count) }

  func name(thread: UInt32, process: UInt32?, _ name: String) { names[thread] = name }

  /// All that is in `bytes`.
  static func of(_ bytes: [UInt8]) throws -> (any ImportedRecording, CollectedImport) {
    let recording = try ImportFormats.recording(ImportInput(bytes: bytes, path: "recorded"))
    let collected = CollectedImport()
    try recording.visit(collected)
    return (recording, collected)
  }
}
