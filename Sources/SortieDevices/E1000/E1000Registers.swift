/// Offsets of the 82540EM's registers, and the abbreviations of the manual.
///
/// Source of everything in this directory: Intel, *PCI/PCI-X Family of Gigabit Ethernet Controllers Software
/// Developer's Manual*, 317453-006; section numbers in the comments are those of that edition. This is table 13-2.
enum E1000Register {
  /// Bytes of the memory that holds them.
  static let byteCount = 0x2_0000

  static let control = 0x0000  // CTRL
  static let controlDuplicate = 0x0004
  static let status = 0x0008  // STATUS
  static let eepromControl = 0x0010  // EECD
  static let eepromRead = 0x0014  // EERD
  static let extendedControl = 0x0018  // CTRL_EXT
  static let mdiControl = 0x0020  // MDIC
  static let flowControlAddressLow = 0x0028  // FCAL
  static let flowControlAddressHigh = 0x002c  // FCAH
  static let flowControlType = 0x0030  // FCT
  static let vlanType = 0x0038  // VET
  static let interruptCause = 0x00c0  // ICR
  static let interruptThrottle = 0x00c4  // ITR
  static let interruptCauseSet = 0x00c8  // ICS
  static let interruptMaskSet = 0x00d0  // IMS
  static let interruptMaskClear = 0x00d8  // IMC
  static let receiveControl = 0x0100  // RCTL
  static let flowControlTimer = 0x0170  // FCTTV
  static let transmitConfigurationWord = 0x0178  // TXCW
  static let transmitControl = 0x0400  // TCTL
  static let transmitGap = 0x0410  // TIPG
  static let adaptiveSpacing = 0x0458  // AIFS
  static let ledControl = 0x0e00  // LEDCTL
  static let packetBufferAllocation = 0x1000  // PBA
  static let flowControlLow = 0x2160  // FCRTL
  static let flowControlHigh = 0x2168  // FCRTH
  /// RDBAL and what follows it: see ``DescriptorRing``.
  static let receiveRing = 0x2800
  static let receiveDelay = 0x2820  // RDTR
  static let receiveDescriptorControl = 0x2828  // RXDCTL
  static let receiveAbsoluteDelay = 0x282c  // RADV
  static let receiveSmallPacket = 0x2c00  // RSRPD
  static let transmitDMAControl = 0x3000  // TXDMAC
  /// TDBAL and what follows it: see ``DescriptorRing``.
  static let transmitRing = 0x3800
  static let transmitDelay = 0x3820  // TIDV
  static let transmitDescriptorControl = 0x3828  // TXDCTL
  static let transmitAbsoluteDelay = 0x382c  // TADV
  static let segmentationPad = 0x3830  // TSPMT
  static let statistics = 0x4000..<0x4100
  static let receiveChecksum = 0x5000  // RXCSUM
  static let multicastTable = 0x5200..<0x5400  // MTA
  static let receiveAddresses = 0x5400..<0x5480  // RAL, RAH
  static let vlanFilter = 0x5600..<0x5800  // VFTA
  static let wakeUpControl = 0x5800  // WUC
  static let wakeUpFilter = 0x5808  // WUFC
  static let wakeUpStatus = 0x5810  // WUS
  static let managementControl = 0x5820  // MANC
  static let addressValid = 0x5838  // IPAV

  /// Which bits software may write of the registers that do nothing else than keep them; none of what is no register.
  ///
  /// The delays of single interrupts (RDTR, RADV, TIDV, TADV) are kept and taken as zero: descriptors are written back
  /// at once, and ITR alone holds interrupts back. So are wake-up, LEDs and flow control, for which there is no need on
  /// a cable that loses nothing.
  static func writableBits(at offset: Int) -> UInt32 {
    switch offset {
    case flowControlAddressLow, extendedControl, ledControl, transmitDescriptorControl, transmitDMAControl,
      segmentationPad, wakeUpControl, managementControl:
      .max
    case flowControlAddressHigh, flowControlType, flowControlTimer, vlanType, receiveDelay,
      receiveAbsoluteDelay, transmitDelay, transmitAbsoluteDelay, adaptiveSpacing:
      0xffff
    case receiveControl: ReceiveControl.writable
    case transmitControl: 0x03ff_fffa
    case transmitGap: 0x3fff_ffff
    case transmitConfigurationWord: 0xc000_ffff
    case flowControlLow: 0x8000_fff8
    case flowControlHigh: 0xfff8
    case receiveDescriptorControl: 0x013f_3f3f
    case receiveSmallPacket: 0x0fff
    case receiveChecksum: 0x03ff
    case wakeUpFilter: 0x000f_ffff
    case addressValid: 0x0001_000f
    default: 0
    }
  }
}

/// Bits of the device control register, CTRL (section 13.4.1).
enum DeviceControl {
  static let fullDuplex: UInt32 = 1 << 0
  static let setLinkUp: UInt32 = 1 << 6
  static let speed1000: UInt32 = 2 << 8
  static let reset: UInt32 = 1 << 26
  static let vlanMode: UInt32 = 1 << 30
  static let phyReset: UInt32 = 1 << 31
  static let atReset = fullDuplex | speed1000
}

/// Bits of the device status register, STATUS (section 13.4.2): full duplex at 1000 Mb/s, as detected too, on a PCI bus
/// of 32 bits and 33 MHz.
enum DeviceStatus {
  static let linkUp: UInt32 = 1 << 1
  static let always: UInt32 = 1 << 0 | 2 << 6 | 2 << 8
}

/// The receive control register, RCTL (section 13.4.22).
struct ReceiveControl: BitwiseCopyable {
  /// All but what is reserved, and the bit that clears itself.
  static let writable: UInt32 = 0x06df_b3fe

  let bits: UInt32

  private func has(_ bit: UInt32) -> Bool { bits >> bit & 1 != 0 }

  var isEnabled: Bool { has(1) }
  var acceptsAnyUnicast: Bool { has(3) }
  var acceptsAnyMulticast: Bool { has(4) }
  var acceptsLongPackets: Bool { has(5) }
  var acceptsBroadcast: Bool { has(15) }
  var filtersVLANs: Bool { has(18) }
  var filtersCanonicalForm: Bool { has(19) }
  var canonicalForm: Bool { has(20) }
  var stripsFrameCheckSequence: Bool { has(26) }
  /// How far the multicast hash is shifted (MO).
  var multicastOffset: Int { Int(bits >> 12 & 3) }

  /// Bytes of each receive buffer (BSIZE and BSEX); what is reserved is taken as 2048.
  var bufferBytes: Int {
    switch (has(25), bits >> 16 & 3) {
    case (false, let size): 2048 >> size
    case (true, 1): 16384
    case (true, 2): 8192
    case (true, 3): 4096
    default: 2048
    }
  }

  /// The number of free descriptors of `count` at which RXDMT0 is raised (RDMTS): a half, a quarter or an eighth.
  func lowMark(of count: Int) -> Int { count >> (1 + min(Int(bits >> 8 & 3), 2)) }

  /// The longest frame without its check sequence: 1522 or 16384 bytes with it.
  var longestFrame: Int { (acceptsLongPackets ? 16384 : 1522) - EthernetFrame.checkSequenceBytes }
}

/// Bits of the transmit control register, TCTL (section 13.4.33).
enum TransmitControl {
  /// The same bit as in RCTL.
  static let enable: UInt32 = 1 << 1
  static let padShortPackets: UInt32 = 1 << 3
}

/// Bits of the interrupt cause register, ICR (section 13.4.17).
enum InterruptCause {
  static let transmitWrittenBack: UInt32 = 1 << 0  // TXDW
  static let transmitQueueEmpty: UInt32 = 1 << 1  // TXQE
  static let linkChange: UInt32 = 1 << 2  // LSC
  static let receiveLow: UInt32 = 1 << 4  // RXDMT0
  static let receiveOverrun: UInt32 = 1 << 6  // RXO
  static let receiveTimer: UInt32 = 1 << 7  // RXT0
  static let mdiComplete: UInt32 = 1 << 9  // MDAC
  static let transmitLow: UInt32 = 1 << 15  // TXD_LOW
  static let smallPacket: UInt32 = 1 << 16  // SRPD
  static let all: UInt32 = 0x1_ffff
}
