/// Feature bits of virtio-console (Virtual I/O Device Version 1.2, section 5.3.3).
extension VirtioFeatures {
  /// The configuration has the size of the console (VIRTIO_CONSOLE_F_SIZE).
  public static let consoleSize = VirtioFeatures(bit: 0)
  /// Characters can be written through the configuration, without queues (VIRTIO_CONSOLE_F_EMERG_WRITE).
  public static let consoleEmergencyWrite = VirtioFeatures(bit: 2)
}

/// The configuration of a console: struct virtio_console_config (section 5.3.4).
struct ConsoleConfiguration {
  var columns: UInt16
  var rows: UInt16

  /// Where `emerg_wr` stands; what is written to its low byte is a character.
  static let emergencyWrite = 8

  /// `cols`, `rows`, `max_nr_ports`, `emerg_wr`.
  func byte(at offset: Int) -> UInt8? {
    switch offset {
    case 0: UInt8(truncatingIfNeeded: columns)
    case 1: UInt8(truncatingIfNeeded: columns >> 8)
    case 2: UInt8(truncatingIfNeeded: rows)
    case 3: UInt8(truncatingIfNeeded: rows >> 8)
    case 4: 1
    case 5..<12: 0
    default: nil
    }
  }
}
