public import SystemPackage

/// Why an operating system cannot be booted; prints as one sentence with the option, the file, the value and the fix.
public struct BootError: Error, CustomStringConvertible {
  /// The option that named what is wrong.
  public let option: Option
  /// The file, where the option names one.
  public let path: FilePath?
  /// What is wrong.
  public let problem: BootProblem

  /// The command line's options that decide what is booted.
  public enum Option: String, Sendable {
    /// The kernel's file.
    case kernel = "--kernel"
    /// The initial RAM disk's file.
    case initrd = "--initrd"
    /// The kernel's command line.
    case append = "--append"
  }

  /// One sentence for people.
  public var description: String {
    "\(option.rawValue)\(path.map { " \($0)" } ?? ""): \(problem.explanation)"
  }

  /// What `body` returns; what it throws is the fault of `option`, and of `path` if it names a file.
  static func blaming<T>(
    _ option: Option, _ path: FilePath?, _ body: () throws(BootProblem) -> T
  ) throws(MachineError) -> T {
    do throws(BootProblem) { return try body() } catch {
      throw .boot(BootError(option: option, path: path, problem: error))
    }
  }
}

/// What can be wrong with a kernel, an initial RAM disk or a command line. Offsets are bytes of the file.
public enum BootProblem: Error, Equatable {
  /// The file could not be read.
  case unreadable(Errno)
  /// A directory, device or FIFO.
  case notAFile
  /// No byte in it.
  case empty
  /// No kernel by any protocol; its first bytes.
  case unknownFormat([UInt8])
  /// The file ends before what its headers promise.
  case cutOff(String, needed: UInt64, file: UInt64)
  /// A header's field has a value that cannot be: what it must be.
  case field(String, value: UInt64, offset: UInt64, allowed: String)
  /// A bzImage that has no 64-bit entry point, and its boot protocol's version.
  case thirtyTwoBit(version: UInt16)
  /// An ELF file that cannot be loaded: what libelf says.
  case damagedELF(String)
  /// An ELF file that neither has PVH's note nor Multiboot's header.
  case noEntry
  /// The entry point lies in nothing that is loaded.
  case entryOutsideKernel(UInt64)
  /// Two parts of the kernel claim the same memory.
  case overlap(first: Int, second: Int, address: UInt64)
  /// A piece lies outside the memory that pieces may lie in.
  case outsideMemory(String, address: UInt64, bytes: UInt64, allowed: Range<UInt64>)
  /// There is no room for the piece below `limit`: at most `free` bytes in one stretch. There would be
  /// behind `kernelEnd` if there were more RAM; nil where that is not what limits.
  case noRoom(String, bytes: UInt64, limit: UInt64, free: UInt64, kernelEnd: UInt64?)
  /// The command line has more bytes than the kernel takes.
  case tooLong(bytes: Int, most: UInt64)

  var explanation: String {
    switch self {
    case .unreadable(let errno): "cannot be read: \(errno)"
    case .notAFile: "is no regular file"
    case .empty: "is empty"
    case .unknownFormat(let start):
      "is no bzImage, no ELF kernel and has no Multiboot header (it starts with "
        + "\(start.map(hex).joined(separator: " ")))"
    case .cutOff(let what, let needed, let file):
      "is cut off: \(what) ends at offset \(hex(needed)), the file at \(hex(file))"
    case .field(let name, let value, let offset, let allowed):
      "\(name) at offset \(hex(offset)) is \(hex(value)): \(allowed)"
    case .thirtyTwoBit(let version):
      "is a bzImage without a 64-bit entry point (boot protocol \(version >> 8).\(version & 0xff)): it takes a "
        + "64-bit kernel of Linux 3.8 or later"
    case .damagedELF(let message): "is a damaged ELF file: \(message)"
    case .noEntry:
      "is an ELF file with neither a PVH entry note nor a Multiboot header; build Linux with CONFIG_PVH or give its "
        + "bzImage"
    case .entryOutsideKernel(let entry): "its entry point \(hex(entry)) lies in no part that is loaded"
    case .overlap(let first, let second, let address):
      "segments \(first) and \(second) overlap at \(hex(address))"
    case .outsideMemory(let what, let address, let bytes, let allowed):
      "\(what) wants \(hex(bytes)) bytes at \(hex(address)), kernels lie from \(hex(allowed.lowerBound)) to "
        + "\(hex(allowed.upperBound))" + Self.remedy(address, bytes)
    case .noRoom(let what, let bytes, let limit, let free, let end):
      "\(what) has \(hex(bytes)) bytes, below \(hex(limit)) there are \(hex(free)) free beside the kernel"
        + (end.map { Self.remedy($0, bytes) } ?? "")
    case .tooLong(let bytes, let most): "has \(bytes) bytes, the kernel takes at most \(most)"
    }
  }

  /// How much memory it takes for RAM to reach `bytes` beyond `start`, if it can: it ends below the hole for devices.
  private static func remedy(_ start: UInt64, _ bytes: UInt64) -> String {
    let (end, overflow) = start.addingReportingOverflow(bytes)
    guard !overflow, start >= PCLayout.kernelStart, end <= PCLayout.lowMemoryEnd else { return "" }
    return "; give --memory \((end + (1 << 20) - 1) >> 20) MiB or more"
  }
}

private func hex(_ value: some BinaryInteger) -> String { "0x" + String(value, radix: 16) }
