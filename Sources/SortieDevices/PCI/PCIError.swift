/// Why functions cannot be put on a PCI bus.
public enum PCIError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The slot is not one of a bus, or the host bridge's own.
  case slot(Int, function: String)
  /// No window has room left for a base address register.
  case noRoom(bar: String, size: UInt64, space: AddressSpace)
  /// A range of the bridge cannot be claimed.
  case bus(BusError)

  /// One sentence with the function or register and what stands in the way.
  public var description: String {
    switch self {
    case .slot(let slot, let function):
      "PCI function \(function) cannot be in slot \(slot): slots 1 to 31 are free for functions"
    case .noRoom(let bar, let size, let space):
      "no PCI window of \(space) addresses has room for the 0x\(String(size, radix: 16)) addresses of \(bar)"
    case .bus(let error):
      error.description
    }
  }
}
