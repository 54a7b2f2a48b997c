import Glibc
import SortieDevices
import Testing

@Suite struct RawDiskTests {
  /// A temporary file.
  private final class Image {
    let path: String
    let descriptor: Int32

    init(byteCount: Int) {
      var template = Array("/tmp/sortie-disk-XXXXXX".utf8CString)
      descriptor = mkstemp(&template)
      path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
      precondition(descriptor >= 0 && ftruncate(descriptor, byteCount) == 0)
    }

    deinit {
      close(descriptor)
      unlink(path)
    }

    func bytes(at offset: Int, count: Int) -> [UInt8] {
      var bytes = [UInt8](repeating: 0xee, count: count)
      return pread(descriptor, &bytes, count, offset) == count ? bytes : []
    }

    /// Blocks of 512 bytes that the file takes.
    var allocated: Int {
      var status = stat()
      fstat(descriptor, &status)
      return Int(status.st_blocks)
    }
  }

  private func write(_ bytes: [UInt8], at offset: UInt64, cut: Int, _ disk: RawDisk) throws {
    var bytes = bytes
    try bytes.withUnsafeMutableBytes { bytes in
      try Self.segments(bytes, cut: cut).withUnsafeBufferPointer { try disk.write(at: offset, from: $0) }
    }
  }

  private func read(_ count: Int, at offset: UInt64, cut: Int, _ disk: RawDisk) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try bytes.withUnsafeMutableBytes { bytes in
      try Self.segments(bytes, cut: cut).withUnsafeBufferPointer { try disk.read(at: offset, into: $0) }
    }
    return bytes
  }

  /// `bytes` in pieces of `cut` bytes.
  private static func segments(_ bytes: UnsafeMutableRawBufferPointer, cut: Int) -> [iovec] {
    stride(from: 0, to: bytes.count, by: cut).map { start in
      iovec(iov_base: bytes.baseAddress.map { $0 + start }, iov_len: min(cut, bytes.count - start))
    }
  }

  @Test(arguments: [1, 7, 4096])
  func whatIsWrittenIsReadAndInTheFile(cut: Int) throws {
    let image = Image(byteCount: 1 << 20)
    let disk = try RawDisk(path: image.path, isReadOnly: false)
    #expect(disk.byteCount == 1 << 20 && disk.blockSize == 512 && !disk.isReadOnly)
    // Far more pieces than the kernel takes in one call.
    let bytes = (0..<8192).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try write(bytes, at: 1024, cut: cut, disk)
    #expect(image.bytes(at: 1024, count: 8192) == bytes)
    #expect(try read(8192, at: 1024, cut: cut, disk) == bytes)
    try disk.flush()
  }

  @Test func aFileThatBecameShorterIsAnError() throws {
    let image = Image(byteCount: 8192)
    let disk = try RawDisk(path: image.path, isReadOnly: false)
    ftruncate(image.descriptor, 4096 + 100)
    #expect(throws: BlockError.failed(errno: EIO)) { try read(4096, at: 4096, cut: 64, disk) }
  }

  @Test func discardedBytesGiveUpTheirRoom() throws {
    let image = Image(byteCount: 1 << 20)
    let disk = try RawDisk(path: image.path, isReadOnly: false)
    try write([UInt8](repeating: 1, count: 1 << 20), at: 0, cut: 4096, disk)
    try disk.flush()
    let before = image.allocated
    try disk.discard(0..<1 << 19)
    #expect(image.allocated < before)
    #expect(image.bytes(at: (1 << 19) - 1, count: 2) == [0, 1])
  }

  @Test(arguments: [true, false])
  func zeroedBytesReadAsZeroAndTheirNeighboursStay(mayUnmap: Bool) throws {
    let image = Image(byteCount: 1 << 20)
    let disk = try RawDisk(path: image.path, isReadOnly: false)
    try write([UInt8](repeating: 1, count: 1 << 20), at: 0, cut: 4096, disk)
    try disk.zero(512..<300_032, mayUnmap: mayUnmap)
    let bytes = image.bytes(at: 0, count: 1 << 20)
    #expect(bytes[..<512].allSatisfy { $0 == 1 } && bytes[300_032...].allSatisfy { $0 == 1 })
    #expect(bytes[512..<300_032].allSatisfy { $0 == 0 })
    #expect(disk.byteCount == 1 << 20)
  }

  // MARK: What cannot be a disk

  @Test func aSizeOfNoWholeSectorsIsRefusedWithTheFix() {
    let image = Image(byteCount: 1000)
    let error = RawDiskError.size(path: image.path, bytes: 1000)
    #expect(throws: error) { try RawDisk(path: image.path, isReadOnly: true) }
    #expect(
      "\(error)"
        == "\(image.path) has 1000 bytes, no multiple of 512: lengthen it with `truncate -s %512 \(image.path)`"
    )
    ftruncate(image.descriptor, 0)
    #expect(throws: RawDiskError.size(path: image.path, bytes: 0)) {
      try RawDisk(path: image.path, isReadOnly: true)
    }
  }

  @Test func whatIsNoFileIsRefused() {
    #expect(throws: RawDiskError.kind(path: "/tmp")) { try RawDisk(path: "/tmp", isReadOnly: true) }
    #expect(throws: RawDiskError.kind(path: "/dev/null")) {
      try RawDisk(path: "/dev/null", isReadOnly: false)
    }
    #expect(throws: RawDiskError.open(path: "/nowhere/disk", errno: ENOENT)) {
      try RawDisk(path: "/nowhere/disk", isReadOnly: true)
    }
    #expect(
      "\(RawDiskError.open(path: "a", errno: ENOENT))"
        == "cannot open a: No such file or directory; make it with `truncate -s 1G a`")
  }

  @Test func aDiskHasOneWriterOrAnyReaders() throws {
    let image = Image(byteCount: 512)
    let inUse = RawDiskError.inUse(path: image.path)
    do {
      let reader = try RawDisk(path: image.path, isReadOnly: true)
      let another = try RawDisk(path: image.path, isReadOnly: true)
      #expect(throws: inUse) { try RawDisk(path: image.path, isReadOnly: false) }
      _ = (reader, another)
    }
    let writer = try RawDisk(path: image.path, isReadOnly: false)
    #expect(throws: inUse) { try RawDisk(path: image.path, isReadOnly: true) }
    #expect(writer.byteCount == 512)
  }

  @Test func aReadOnlyDiskRefusesWrites() throws {
    let image = Image(byteCount: 512)
    let disk = try RawDisk(path: image.path, isReadOnly: true)
    #expect(throws: BlockError.failed(errno: EBADF)) {
      try write([UInt8](repeating: 1, count: 512), at: 0, cut: 512, disk)
    }
  }
}
