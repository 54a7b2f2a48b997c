/// Port I/O as KVM hands it over: `count` items of `width` bytes, one after the other at `data`.
@frozen
public struct PortIO {
  /// The port.
  public let port: UInt16
  /// Bytes of one item: 1, 2 or 4.
  public let width: UInt8
  /// OUT rather than IN.
  public let isWrite: Bool
  /// Items; more than one for string instructions.
  public let count: UInt32
  /// `byteCount` bytes in the run mapping: what the guest wrote, or where to put what it reads.
  public let data: UnsafeMutableRawPointer

  /// A port access whose `count * width` bytes lie at `data`.
  @inlinable @inline(__always)
  public init(port: UInt16, width: UInt8, isWrite: Bool, count: UInt32, data: UnsafeMutableRawPointer) {
    self.port = port
    self.width = width
    self.isWrite = isWrite
    self.count = count
    self.data = data
  }

  /// Bytes at `data`.
  @inlinable public var byteCount: Int { Int(width) &* Int(count) }

  /// The first item, zero-extended (a write), or the item to hand back (a read).
  @inlinable
  public var value: UInt32 {
    get {
      switch width {
      case 1: UInt32(data.load(as: UInt8.self))
      case 2: UInt32(data.loadUnaligned(as: UInt16.self))
      default: data.loadUnaligned(as: UInt32.self)
      }
    }
    nonmutating set {
      switch width {
      case 1: data.storeBytes(of: UInt8(truncatingIfNeeded: newValue), as: UInt8.self)
      case 2: data.storeBytes(of: UInt16(truncatingIfNeeded: newValue), as: UInt16.self)
      default: data.storeBytes(of: newValue, as: UInt32.self)
      }
    }
  }
}

/// An access to guest physical memory that no slot backs, of at most 8 bytes.
@frozen
public struct MemoryIO {
  /// Guest physical address.
  public let address: UInt64
  /// Bytes: 1 to 8.
  public let width: UInt8
  /// A store rather than a load.
  public let isWrite: Bool
  /// 8 bytes in the run page: what the guest wrote, or where to put what it reads.
  public let data: UnsafeMutableRawPointer

  /// An access of `width` bytes whose 8-byte buffer lies at `data`.
  @inlinable @inline(__always)
  public init(address: UInt64, width: UInt8, isWrite: Bool, data: UnsafeMutableRawPointer) {
    self.address = address
    self.width = width
    self.isWrite = isWrite
    self.data = data
  }

  /// The `width` bytes, little-endian and zero-extended (a write), or the value to hand back (a read).
  @inlinable
  public var value: UInt64 {
    get {
      let all = data.loadUnaligned(as: UInt64.self)
      return width >= 8 ? all : all & ((1 &<< (UInt64(width) &* 8)) &- 1)
    }
    nonmutating set {
      data.storeBytes(of: newValue, as: UInt64.self)
    }
  }
}

/// An exit whose data would lie outside the run mapping.
@frozen
public struct MalformedExit: Equatable, Sendable {
  /// The exit's reason.
  public let reason: ExitReason
  /// Where KVM says the data lie, bytes from the start of the run page.
  public let offset: UInt64
  /// How many bytes KVM says there are.
  public let length: UInt64

  /// A payload of `reason` with an offset or a length that cannot be.
  @inlinable
  public init(reason: ExitReason, offset: UInt64, length: UInt64) {
    self.reason = reason
    self.offset = offset
    self.length = length
  }
}
