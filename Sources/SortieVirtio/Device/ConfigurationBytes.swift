/// Reads a device-specific configuration (Virtual I/O Device Version 1.2, section 2.5) of which `byte` gives those that
/// there are. Others are all ones.
func readConfiguration(
  offset: Int, into bytes: UnsafeMutableRawBufferPointer, _ byte: (_ offset: Int) -> UInt8?
) {
  for index in bytes.indices {
    let (position, overflow) = offset.addingReportingOverflow(index)
    bytes[index] = overflow ? 0xff : byte(position) ?? 0xff
  }
}
