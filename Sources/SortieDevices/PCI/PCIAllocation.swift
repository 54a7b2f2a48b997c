/// Gives base address registers their first addresses, as firmware does: the largest first, each at a
/// multiple of its size, in the first window that has room.
struct PCIAllocation {
  private var free: [AddressSpace: [Range<UInt64>]]

  init(_ windows: PCIWindows) {
    free = [.memory: windows.memory, .port: [windows.ports]]
  }

  mutating func allocate(_ functions: [any PCIFunction]) throws(PCIError) {
    var bars: [(registers: PCIRegisters, bar: PCIBAR)] = []
    for function in functions { bars += function.registers.bars.map { (function.registers, $0) } }
    // The sort is stable, so equal machines get equal addresses.
    for (registers, bar) in bars.sorted(by: { $0.bar.size > $1.bar.size }) {
      registers.assign(try allocate(bar), to: bar)
    }
  }

  private mutating func allocate(_ bar: PCIBAR) throws(PCIError) -> UInt64 {
    for (index, window) in (free[bar.space] ?? []).enumerated() {
      let (sum, overflow) = window.lowerBound.addingReportingOverflow(bar.size - 1)
      let start = sum & ~(bar.size - 1)
      guard !overflow, start < window.upperBound, window.upperBound - start >= bar.size else { continue }
      guard bar.kind == .memory64 || start + bar.size <= 1 << 32 else { continue }
      free[bar.space]?[index] = start + bar.size..<window.upperBound
      return start
    }
    throw .noRoom(bar: bar.name, size: bar.size, space: bar.space)
  }
}
