/// Builds bzImages by boot.rst, right or wrong.
struct BZImageBuilder {
  var version: UInt16 = 0x20f
  var setupSectors: UInt8 = 2
  var xloadflags: UInt16 = 1
  var relocatable: UInt8 = 1
  var alignment: UInt32 = 0x20_0000
  var preferredAddress: UInt64 = 0x100_0000
  var initBytes: UInt32 = 0x80_0000
  var initrdAddressMax: UInt32 = 0x7fff_ffff
  var commandLineBytes: UInt32 = 100
  /// Protected-mode code, a multiple of 16 bytes.
  var code = (0..<0x1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

  var bytes: [UInt8] {
    var file = [UInt8](repeating: 0, count: (Int(setupSectors == 0 ? 4 : setupSectors) + 1) * 512)
    file[0x1f1] = setupSectors
    file.set(UInt32(code.count / 16), at: 0x1f4)
    file.set(UInt16(0xaa55), at: 0x1fe)
    file[0x200] = 0xeb
    file[0x201] = 0x6a  // up to 0x26c, the header of 2.15
    file.replaceSubrange(0x202..<0x206, with: Array("HdrS".utf8))
    file.set(version, at: 0x206)
    file[0x211] = 1
    file.set(initrdAddressMax, at: 0x22c)
    file.set(alignment, at: 0x230)
    file[0x234] = relocatable
    file.set(xloadflags, at: 0x236)
    file.set(commandLineBytes, at: 0x238)
    file.set(preferredAddress, at: 0x258)
    file.set(initBytes, at: 0x260)
    file.set(UInt32(0x1234_5678), at: 0x268)
    return file + code
  }
}
