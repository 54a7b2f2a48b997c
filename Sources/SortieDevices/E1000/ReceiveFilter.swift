/// Which frames are for this card: 16 addresses, a hash of multicast addresses, and the VLANs (sections 3.2.1, 9.3 and
/// 13.5).
struct ReceiveFilter: Sendable {
  /// What became of a frame.
  enum Verdict {
    case refused
    /// The address is one of those that the driver gave.
    case exact
    /// The address passed the hash or a promiscuous mode, so that the driver has to look at it (PIF).
    case inexact
  }

  // RAH: valid, and the address to compare, of which only the destination (0) is looked at.
  private static let addressValid: UInt32 = 1 << 31
  private static let addressHigh: UInt32 = 0x8003_ffff
  private static let addressSelect: UInt32 = 3 << 16

  private var addresses = InlineArray<32, UInt32>(repeating: 0)
  private var multicastTable = InlineArray<128, UInt32>(repeating: 0)
  private var vlanTable = InlineArray<128, UInt32>(repeating: 0)

  // MARK: Registers

  /// Resets to one address, the card's. The tables keep what is in them on a real card; here they are cleared.
  mutating func reset(address: (low: UInt32, high: UInt32)) {
    self = ReceiveFilter()
    addresses[0] = address.low
    addresses[1] = address.high | Self.addressValid
  }

  /// The register at `offset`; nil if it is none of the filter's.
  subscript(offset: Int) -> UInt32? {
    get {
      switch offset {
      case E1000Register.receiveAddresses: addresses[(offset - 0x5400) / 4]
      case E1000Register.multicastTable: multicastTable[(offset - 0x5200) / 4]
      case E1000Register.vlanFilter: vlanTable[(offset - 0x5600) / 4]
      default: nil
      }
    }
    set {
      guard let newValue else { return }
      switch offset {
      case E1000Register.receiveAddresses:
        let index = (offset - 0x5400) / 4
        addresses[index] = index % 2 == 0 ? newValue : newValue & Self.addressHigh
      case E1000Register.multicastTable: multicastTable[(offset - 0x5200) / 4] = newValue
      case E1000Register.vlanFilter: vlanTable[(offset - 0x5600) / 4] = newValue
      default: break
      }
    }
  }

  // MARK: Frames

  /// Judges a frame of at least a header.
  ///
  /// - Parameter tag: its VLAN tag, if it has one of the type that the driver has set.
  func judge(_ frame: UnsafeRawBufferPointer, tag: UInt16?, control: ReceiveControl) -> Verdict {
    if let tag, control.filtersVLANs {
      guard vlanTable[Int(tag >> 5 & 127)] >> UInt32(tag & 31) & 1 != 0 else { return .refused }
      if control.filtersCanonicalForm, (tag >> 12 & 1 != 0) != control.canonicalForm { return .refused }
    }
    let low = UInt32(littleEndian: frame.loadUnaligned(as: UInt32.self))
    let high = UInt16(littleEndian: frame.loadUnaligned(fromByteOffset: 4, as: UInt16.self))
    if hasAddress(low, UInt32(high)) { return .exact }
    switch EthernetFrame.destination(of: frame) {
    case .unicast: return control.acceptsAnyUnicast ? .inexact : .refused
    case .broadcast where control.acceptsBroadcast: return .exact
    case .broadcast, .multicast:
      let isAccepted = control.acceptsAnyMulticast || hasHash(high, control.multicastOffset)
      return isAccepted ? .inexact : .refused
    }
  }

  private func hasAddress(_ low: UInt32, _ high: UInt32) -> Bool {
    let compared = Self.addressValid | Self.addressSelect | 0xffff
    for index in stride(from: 0, to: 32, by: 2) {
      guard addresses[index] == low else { continue }
      if addresses[index + 1] & compared == Self.addressValid | high { return true }
    }
    return false
  }

  /// Twelve bits of the address's last two bytes, the last one highest: bits 47 to 36, 46 to 35, 45 to 34, or 43 to 32
  /// (RCTL.MO), of which seven choose the word and five the bit.
  private func hasHash(_ high: UInt16, _ offset: Int) -> Bool {
    let hash = Int(high >> UInt16(offset == 3 ? 0 : 4 - offset)) & 0xfff
    return multicastTable[hash >> 5] >> UInt32(hash & 31) & 1 != 0
  }
}
