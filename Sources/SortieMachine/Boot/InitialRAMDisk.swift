public import SystemPackage

/// The file that a kernel gets as its first file system or module. It is read straight into guest memory.
public struct InitialRAMDisk: Sendable {
  /// Where it was found.
  public let path: FilePath
  private let file: BootFile

  /// Opens the file at `path`.
  ///
  /// - Throws: ``BootError``.
  public init(path: FilePath) throws(BootError) {
    self.path = path
    do throws(BootProblem) { file = try BootFile(path: path) } catch {
      throw BootError(option: .initrd, path: path, problem: error)
    }
  }

  /// Loads it as high as it may lie: below `end` and the low RAM's end, beside the kernel.
  ///
  /// - Returns: where it lies.
  /// - Throws: ``MachineError/boot(_:)``.
  func load(
    to memory: borrowing GuestMemory, below end: UInt64, map: MemoryMap, beside kernel: [KernelPiece]
  ) throws(MachineError) -> Range<UInt64> {
    let range = try BootError.blaming(.initrd, path) { () throws(BootProblem) in
      try KernelPiece.highestPlace(
        for: "the initial RAM disk", bytes: file.byteCount, below: end, in: map.kernelMemory, beside: kernel)
    }
    let target = try memory.bytes(at: range.lowerBound, count: file.byteCount)
    try BootError.blaming(.initrd, path) { () throws(BootProblem) in
      try file.read("the initial RAM disk", at: 0, into: target)
    }
    return range
  }
}
