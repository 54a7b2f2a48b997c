/// A PCI host bridge with bus 0: slots 0 to 31, the bridge itself in slot 0.
///
/// Making one puts everything on the bus that is being built: the two ways to configuration space, the
/// windows, and each base address register of each function as a device with a number. The guest may move the
/// registers from then on; they answer inside the windows while the function's command register enables them.
/// Where two overlap, the one in the lower slot answers.
public final class PCIHostBridge: Sendable {
  /// Called when a base address register answers somewhere else, on the thread of the vCPU that moved it: the
  /// function, the number of the register, where all of it answered and where all of it answers now; nil is
  /// nowhere. It must not call the function back. Whether another register hides it is not considered.
  public typealias BARMoved = @Sendable (any PCIFunction, _ bar: Int, _ from: UInt64?, _ to: UInt64?) -> Void

  private let placed: [(function: any PCIFunction, ranges: [MovableRange])]

  /// A bridge over `functions`, by slot from 1 to 31, on the bus that `builder` builds. Base address
  /// registers get addresses in the windows, as from firmware, but are not enabled.
  ///
  /// - Throws: ``PCIError``. The builder then holds a part of it and is of no use.
  public init(
    _ functions: [Int: any PCIFunction], windows: PCIWindows, on builder: inout BusBuilder,
    barMoved: @escaping BARMoved = { _, _, _, _ in }
  ) throws(PCIError) {
    var slots = PCISlots()
    slots[0] = HostBridgeFunction()
    var placed: [(function: any PCIFunction, ranges: [MovableRange])] = []
    for (slot, function) in functions.sorted(by: { $0.key < $1.key }) {
      guard (1..<PCISlots.count).contains(slot) else { throw .slot(slot, function: function.name) }
      slots[slot] = function
      placed.append((function, try Self.connect(function, windows, &builder, barMoved)))
    }
    self.placed = placed
    var allocation = PCIAllocation(windows)
    try allocation.allocate(placed.map { $0.function })
    do throws(BusError) {
      try builder.add(ConfigurationPorts(slots), at: ConfigurationPorts.range, in: .port)
      try builder.add(ConfigurationMemory(slots), at: windows.configuration, in: .memory)
      for window in windows.memory { try builder.addWindow(window, in: .memory, named: "PCI memory window") }
      try builder.addWindow(windows.ports, in: .port, named: "PCI port window")
    } catch {
      throw .bus(error)
    }
  }

  /// The base address registers with the devices behind them at the addresses that they have now, whether
  /// enabled or not: what a device map shows beside ``Bus/claims``.
  public var claims: [Bus.Claim] {
    placed.flatMap { function, ranges in
      zip(ranges, function.registers.addresses).compactMap { range, address in
        let (end, overflow) = address.addingReportingOverflow(range.size)
        return overflow ? nil : Bus.Claim(device: range.device, space: range.space, range: address..<end)
      }
    }
  }

  /// Puts the base address registers of `function` on the bus.
  private static func connect(
    _ function: any PCIFunction, _ windows: PCIWindows, _ builder: inout BusBuilder,
    _ barMoved: @escaping BARMoved
  ) throws(PCIError) -> [MovableRange] {
    var ranges: [MovableRange] = []
    do throws(BusError) {
      for bar in function.registers.bars {
        ranges.append(try builder.addMovable(BARDevice(bar, of: function), size: bar.size, in: bar.space))
      }
    } catch {
      throw .bus(error)
    }
    // The function's registers hold this closure.
    function.registers.connect(ranges) { [weak function] bar, from, to in
      guard let function else { return }
      let old = from.flatMap { windows.hold($0, size: bar.size, in: bar.space) ? $0 : nil }
      let new = to.flatMap { windows.hold($0, size: bar.size, in: bar.space) ? $0 : nil }
      if old != new { barMoved(function, bar.index, old, new) }
    }
    return ranges
  }
}

/// The bridge as its own bus sees it. Vendor and device are those that other monitors without a chip set to
/// imitate give their bridge: of no real device, so that no driver and no quirk takes it for one. Operating
/// systems look for the class.
private final class HostBridgeFunction: PCIFunction {
  let name = "pci-host-bridge"
  let registers = PCIRegisters(PCIIdentity(vendor: 0x8086, device: 0x0d57, classCode: 0x06_0000))
}
