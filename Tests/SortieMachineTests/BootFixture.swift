import CLinuxKVM
import Glibc
import SystemPackage
import Testing

@testable import SortieMachine

/// Files that live as long as the fixture, and memory to load them into.
final class BootFixture {
  private var descriptors: [Int32] = []

  deinit { closeFiles() }

  private func closeFiles() {
    for descriptor in descriptors { close(descriptor) }
    descriptors = []
  }

  /// A file of `bytes`, followed by a hole up to `size`.
  func file(_ bytes: [UInt8], size: Int = 0) throws -> FilePath {
    let descriptor = sortie_memfd("boot")
    try #require(descriptor >= 0)
    descriptors.append(descriptor)
    try #require(write(descriptor, bytes, bytes.count) == bytes.count)
    if size > bytes.count { try #require(ftruncate(descriptor, size) == 0) }
    return FilePath("/proc/self/fd/\(descriptor)")
  }

  /// Boots `kernel` and shows the memory.
  func load(
    _ kernel: [UInt8], mebibytes: UInt64 = 64, highBytes: UInt64 = 0, commandLine: String = "",
    initrd: [UInt8]? = nil,
    _ check: (BootEntry, borrowing GuestMemory) throws -> Void = { _, _ in }
  ) throws {
    defer { closeFiles() }
    let memory = try GuestMemory(lowBytes: mebibytes << 20, highBytes: highBytes)
    let ramdisk = try initrd.map { try InitialRAMDisk(path: try file($0)) }
    let entry = try KernelImage(path: try file(kernel))
      .load(to: memory, commandLine: commandLine, initrd: ramdisk)
    try check(entry, memory)
  }

  /// What is said of a kernel that cannot be booted; nil if it can.
  func problem(
    _ kernel: [UInt8], mebibytes: UInt64 = 64, commandLine: String = "", initrd: [UInt8]? = nil
  ) throws -> BootError? {
    do {
      try load(kernel, mebibytes: mebibytes, commandLine: commandLine, initrd: initrd)
      return nil
    } catch let error as BootError {
      return error
    } catch MachineError.boot(let error) {
      return error
    }
  }
}

extension GuestMemory {
  /// The NUL-terminated text at `address`.
  func text(at address: UInt64) throws -> String {
    String(decoding: try bytes(at: address, count: 1 << 16).prefix { $0 != 0 }, as: UTF8.self)
  }

  /// A copy of `count` bytes at `address`.
  func copy(at address: UInt64, _ count: UInt64) throws -> [UInt8] {
    Array(try bytes(at: address, count: count))
  }
}

extension [UInt8] {
  /// Writes a little-endian field at `offset`.
  mutating func set<T: FixedWidthInteger>(_ value: T, at offset: Int) {
    Swift.withUnsafeBytes(of: value.littleEndian) { replaceSubrange(offset..<(offset + $0.count), with: $0) }
  }
}
