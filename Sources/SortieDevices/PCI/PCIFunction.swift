/// A function on a PCI bus. What all functions have in common is in its ``registers``; what is left for a
/// function to do is to answer in its base address registers, and to look at configuration accesses if it has
/// registers of its own there.
///
/// Any vCPU thread may call it at any time with any offset inside the register or space and any size that
/// stays inside.
public protocol PCIFunction: AnyObject, Sendable {
  /// What errors call the function.
  var name: String { get }
  /// Header, capabilities and interrupts.
  var registers: PCIRegisters { get }

  /// Reads `bytes.count` bytes at `offset` into base address register `bar`. The table and the pending bits
  /// of MSI-X are answered by ``registers`` and never arrive here.
  func readBAR(_ bar: Int, offset: UInt64, into bytes: UnsafeMutableRawBufferPointer)

  /// Writes `bytes.count` bytes at `offset` into base address register `bar`.
  func writeBAR(_ bar: Int, offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect

  /// Reads configuration space.
  func readConfiguration(offset: Int, into bytes: UnsafeMutableRawBufferPointer)

  /// Writes configuration space.
  func writeConfiguration(offset: Int, from bytes: UnsafeRawBufferPointer)
}

extension PCIFunction {
  /// All ones: no register there.
  public func readBAR(_ bar: Int, offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    for index in bytes.indices { bytes[index] = 0xff }
  }

  /// Dropped: no register there.
  public func writeBAR(_ bar: Int, offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect {
    .none
  }

  /// What ``registers`` hold.
  public func readConfiguration(offset: Int, into bytes: UnsafeMutableRawBufferPointer) {
    registers.read(offset: offset, into: bytes)
  }

  /// Into ``registers``, as far as they are writable.
  public func writeConfiguration(offset: Int, from bytes: UnsafeRawBufferPointer) {
    registers.write(offset: offset, from: bytes)
  }
}
