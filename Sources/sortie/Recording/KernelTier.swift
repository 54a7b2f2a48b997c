import Glibc
import SortieKVM
import SortieMachine
import SortieProbes
import SortieTrace

/// The kernel's stamps of a recording, or why there are none.
final class KernelTier {
  private var probes: KernelProbes?
  /// Why there are none; nil: there are.
  private(set) var absence: String?

  /// The first of its streams' numbers.
  static let firstStream: UInt32 = 1

  /// Looks for the kernel's events; nil for `settings`: none are wanted.
  init(_ settings: KernelSettings?) {
    guard let settings else {
      probes = nil
      absence = "left out (--no-kernel)"
      return
    }
    do {
      let cpus = sysconf(Int32(_SC_NPROCESSORS_CONF))
      probes = try KernelProbes(
        KernelProbes.Configuration(
          details: settings.details, systemCalls: settings.systemCalls, filter: settings.filter,
          bufferBytes: settings.bufferKiB.map { $0 << 10 }, cpus: cpus),
        firstStream: StreamID(rawValue: Self.firstStream))
    } catch {
      probes = nil
      absence = "\(error)"
    }
  }

  /// Where the events come from, for whoever makes no trace of them; nil where there are none.
  var source: KernelSource? { absence == nil ? probes?.source : nil }

  /// Stream numbers it takes.
  var streamCount: UInt32 { probes?.streamCount ?? 0 }

  /// What the trace says of it.
  var attributes: [(key: HostDescription.Key, value: String)] {
    guard let probes, absence == nil else { return [(.kernelTier, "missing: \(absence ?? "unknown")")] }
    var attributes: [(key: HostDescription.Key, value: String)] = [
      (.kernelTier, "recorded"), (.kernelEvents, probes.events.joined(separator: " ")),
    ]
    if !probes.missing.isEmpty {
      let missing = probes.missing.map { "\($0.name): \($0.reason)" }.joined(separator: "; ")
      attributes.append((.kernelEventsMissing, missing))
    }
    return attributes
  }

  /// The layouts of its events.
  var formats: [EventFormatRow] { absence == nil ? probes?.formats ?? [] : [] }

  /// What an event costs; nil where that cannot be told.
  func cost(_ system: borrowing KVMSystem) -> ProbeCostRow? { probes?.measureCost(system) }

  /// What is to be told to the user.
  var notes: [String] {
    guard let probes, absence == nil else {
      return ["the kernel's stamps are missing: \(absence ?? "unknown")"]
    }
    var notes = probes.missing.map { "kernel event \($0.name) is not recorded: \($0.reason)" }
    if !probes.orphans.isEmpty {
      notes.append("removed what a killed recorder had left: \(probes.orphans.joined(separator: ", "))")
    }
    return notes
  }

  /// What follows goes into another trace than what came before.
  func beginTrace() { probes?.beginTrace() }

  /// Whether it records the event, named as `system/event`.
  func has(event: String) -> Bool { absence == nil && probes?.events.contains(event) == true }

  /// Records the vCPUs of `machine`, whose threads wait before the guest, from now on; nil where that cannot be.
  func start(_ machine: Machine, vm: UInt32) -> (any RecordingSource)? {
    start(
      (0..<machine.vcpuCount).compactMap { vcpu in
        machine.threadID(vcpu).map { TracedThread(id: $0, vm: vm, vcpu: UInt32(vcpu)) }
      })
  }

  /// Records `threads` from now on; nil where that cannot be.
  func start(_ threads: [TracedThread]) -> (any RecordingSource)? {
    guard let probes, absence == nil else { return nil }
    do {
      try probes.start(threads)
      return probes.source
    } catch {
      absence = "\(error)"
      return nil
    }
  }

  /// Records `threads` besides.
  ///
  /// - Throws: ``Failure``.
  func add(_ threads: [TracedThread]) throws(Failure) {
    do { try probes?.add(threads) } catch { throw Failure(error) }
  }

  /// Records nothing more.
  func stop() { probes?.stop() }

  /// Leaves the kernel as it was found.
  func close() { probes = nil }
}
