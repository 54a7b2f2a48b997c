public import CLinuxKVM

/// Loads and stores in a vCPU's `kvm_run` by the offsets that `kvm_layout.c` asserts against the header.
@frozen
public struct RunPage {
  /// The start of `kvm_run`.
  public let base: UnsafeMutableRawPointer
  /// Bytes mapped from `base` on.
  public let size: Int

  /// A view of `size` bytes at `base`, which must stay mapped while the view is used.
  @inlinable @inline(__always)
  public init(base: UnsafeMutableRawPointer, size: Int) {
    self.base = base
    self.size = size
  }

  @inlinable @inline(__always) func u8(_ offset: Int) -> UInt8 {
    base.load(fromByteOffset: offset, as: UInt8.self)
  }

  @inlinable @inline(__always) func u16(_ offset: Int) -> UInt16 {
    base.load(fromByteOffset: offset, as: UInt16.self)
  }

  @inlinable @inline(__always) func u32(_ offset: Int) -> UInt32 {
    base.load(fromByteOffset: offset, as: UInt32.self)
  }

  @inlinable @inline(__always) func u64(_ offset: Int) -> UInt64 {
    base.load(fromByteOffset: offset, as: UInt64.self)
  }

  @inlinable @inline(__always) func store(_ value: UInt64, _ offset: Int) {
    base.storeBytes(of: value, toByteOffset: offset, as: UInt64.self)
  }

  @inlinable @inline(__always) func store(_ value: UInt8, _ offset: Int) {
    base.storeBytes(of: value, toByteOffset: offset, as: UInt8.self)
  }

  /// `KVM_EXIT_IO`. Its data lie elsewhere in the mapping, at an offset that is checked here.
  @inlinable @inline(__always)
  func portIO() -> Exit {
    let width = u8(SORTIE_IO_SIZE)
    let count = u32(SORTIE_IO_COUNT)
    let offset = u64(SORTIE_IO_DATA_OFFSET)
    let length = UInt64(count) * UInt64(width)
    guard width != 0, length != 0, offset <= UInt64(size), length <= UInt64(size) - offset else {
      return .malformed(MalformedExit(reason: .io, offset: offset, length: length))
    }
    return .io(
      PortIO(
        port: u16(SORTIE_IO_PORT), width: width, isWrite: u8(SORTIE_IO_DIRECTION) == UInt8(KVM_EXIT_IO_OUT),
        count: count, data: base + Int(offset)))
  }

  /// `KVM_EXIT_MMIO`.
  @inlinable @inline(__always)
  func memoryIO() -> Exit {
    let length = u32(SORTIE_MMIO_LENGTH)
    guard length != 0, length <= 8 else {
      return .malformed(
        MalformedExit(reason: .mmio, offset: UInt64(SORTIE_MMIO_DATA), length: UInt64(length)))
    }
    return .mmio(
      MemoryIO(
        address: u64(SORTIE_MMIO_ADDRESS), width: UInt8(truncatingIfNeeded: length),
        isWrite: u8(SORTIE_MMIO_IS_WRITE) != 0, data: base + SORTIE_MMIO_DATA))
  }

  func ioControlRegister() -> Exit {
    let length = u32(SORTIE_IOCSR_LENGTH)
    guard length != 0, length <= 8 else {
      return .malformed(
        MalformedExit(reason: .loongarchIOCSR, offset: UInt64(SORTIE_IOCSR_DATA), length: UInt64(length)))
    }
    return .loongarchIOCSR(
      MemoryIO(
        address: u64(SORTIE_IOCSR_ADDRESS), width: UInt8(truncatingIfNeeded: length),
        isWrite: u8(SORTIE_IOCSR_IS_WRITE) != 0, data: base + SORTIE_IOCSR_DATA))
  }
}
