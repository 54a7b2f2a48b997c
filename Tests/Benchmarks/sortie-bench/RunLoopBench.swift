import BareLoop
import SortieKVM
import SortieMachine
import SortieTrace
import SystemPackage

/// Sortie's run loop, recording, against the smallest loop in C that makes the same exits: the same guest in a fresh VM
/// each time, in pairs whose order is drawn. What stands for a VM is the median over stretches of some exits, so that
/// stretches in which the host ran something else do not count.
func measureRunLoop(guest: String, pairs: Int) throws {
  let guest = try RunLoopGuest(guest)
  var random = SystemRandomNumberGenerator()
  var blocks: [Block] = []
  for _ in 0..<max(pairs, 20) {
    if Bool.random(using: &random) {
      let bare = try guest.underBareLoop()
      blocks.append((try guest.underSortie(), bare))
    } else {
      let sortie = try guest.underSortie()
      blocks.append((sortie, try guest.underBareLoop()))
    }
  }
  figure("pairs of VMs, \(RunLoopGuest.exits) exits each", "\(blocks.count)", "")
  figure("C loop, an exit and its re-entry", median(blocks.map(\.below)), digits: 0, "cycles")
  figure("run loop, an exit and its re-entry", median(blocks.map(\.above)), digits: 0, "cycles")
  figure("run loop over C loop, ratio of medians", of: blocks) { blocks in
    median(blocks.map(\.above)) / median(blocks.map(\.below))
  }
  // Where the host goes from one speed to another now and then, the two of a pair have mostly seen the same.
  figure("run loop over C loop, median ratio of a pair", of: blocks) { blocks in
    median(blocks.map { $0.above / $0.below })
  }
}

private typealias Block = (above: Double, below: Double)

/// Prints a ratio with its 95 % interval.
private func figure(_ name: String, of blocks: [Block], _ ratio: ([Block]) -> Double) {
  let interval = bootstrapInterval(of: blocks, ratio)
  let ends = [interval.lowerBound, interval.upperBound].map { rounded($0, 3) }
  figure(name, "\(rounded(ratio(blocks), 3)) (\(ends.joined(separator: "-")))", "")
}

/// A guest that does nothing but exit, and the two loops it runs under.
private final class RunLoopGuest {
  static let exits = 640
  private static let stretch = 32

  private let system: KVMSystem
  private let signals: StopSignals
  private let layout: GuestLayout
  private let image: ELFImage
  private let bytes: [UInt8]

  init(_ path: String) throws {
    system = try KVMSystem()
    signals = try StopSignals()
    layout = try GuestLayout(memoryMiB: 16, vcpuCount: 1)
    let file = try FileDescriptor.open(path, .readOnly)
    defer { try? file.close() }
    bytes = try [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
      count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
    }
    image = try ELFImage(bytes: bytes, path: FilePath(path), allowed: layout.image)
  }

  /// Cycles of an exit under the machine's run loop, from its own stamps: from just before one KVM_RUN to just before
  /// the next.
  func underSortie() throws -> Double {
    let boot = BootInfo(
      iterations: UInt64(Self.exits), hostEmulatesGuestCode: true, vendor: .other, tscKHz: 0)
    let machine = try Machine(
      system, layout: layout, image: image, configuration: Machine.Configuration(boot: boot))
    let result = try machine.run(timeout: 60, signals: signals) { _ in true }
    guard case .guest(_, .debugExit, _) = result.cause else { throw GuestFailed(how: "\(result.cause)") }
    var entries: [UInt64] = []
    machine.recordRing(0).drain { records in entries += records.map(\.u1) }
    return Self.cycles(stride(from: 0, through: Self.exits, by: Self.stretch).map { entries[$0] })
  }

  /// Cycles of an exit under the C loop.
  func underBareLoop() throws -> Double {
    var entries = [UInt64](repeating: 0, count: Self.exits / Self.stretch + 1)
    let stored = bare_loop(
      bytes, bytes.count, UInt64(Self.exits), UInt64(Self.stretch), &entries, entries.count)
    guard stored == entries.count else { throw GuestFailed(how: "the C loop gave \(stored)") }
    return Self.cycles(entries)
  }

  private static func cycles(_ entries: [UInt64]) -> Double {
    median(zip(entries.dropFirst(), entries).map { Double($0 - $1) / Double(stretch) })
  }

  private struct GuestFailed: Error {
    let how: String
  }
}
