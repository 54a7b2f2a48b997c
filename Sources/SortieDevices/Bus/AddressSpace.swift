/// The two address spaces of x86 (Intel SDM vol. 1, sections 3.3 and 19.3).
public enum AddressSpace: Sendable, Hashable, CustomStringConvertible {
  /// 64 Ki byte-wide I/O ports.
  case port
  /// Guest physical memory.
  case memory

  /// Addresses in this space: 2^16 ports; 2^52 bytes of memory, the architectural limit of a physical address.
  public var addressCount: UInt64 {
    switch self {
    case .port: 1 << 16
    case .memory: 1 << 52
    }
  }

  /// `port` or `memory`.
  public var description: String {
    switch self {
    case .port: "port"
    case .memory: "memory"
    }
  }
}
