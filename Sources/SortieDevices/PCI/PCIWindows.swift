/// Where a PCI host bridge answers.
public struct PCIWindows: Sendable {
  /// Memory that goes to base address registers; those below 4 GiB first.
  public var memory: [Range<UInt64>]
  /// Ports that go to base address registers.
  public var ports: Range<UInt64>
  /// Configuration space as memory (ECAM), 1 MiB for bus 0; longer ranges hold buses that have no functions.
  public var configuration: Range<UInt64>

  /// Windows at these addresses.
  public init(memory: [Range<UInt64>], ports: Range<UInt64>, configuration: Range<UInt64>) {
    self.memory = memory
    self.ports = ports
    self.configuration = configuration
  }

  /// Whether a register of `size` addresses at `start` answers with all of them.
  func hold(_ start: UInt64, size: UInt64, in space: AddressSpace) -> Bool {
    ranges(of: space).contains { window in
      window.contains(start) && window.upperBound - start >= size
    }
  }

  func ranges(of space: AddressSpace) -> [Range<UInt64>] { space == .port ? [ports] : memory }
}
