import Foundation
import SystemPackage
import Testing

@testable import SortieMachine

/// The kernel that the lab boots, where `Tests/Lab/prepare` has fetched it.
@Suite struct DebianKernelTests {
  private static let kernel: FilePath? = {
    let environment = ProcessInfo.processInfo.environment
    let caches = environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? "") + "/.cache"
    let cache = URL(filePath: caches).appending(path: "sortie/lab")
    let found = try? FileManager.default.contentsOfDirectory(at: cache, includingPropertiesForKeys: nil)
    return found?.map { $0.appending(path: "vmlinuz").path }
      .first { FileManager.default.fileExists(atPath: $0) }.map { FilePath($0) }
  }()

  @Test(.enabled(if: kernel != nil, "needs the lab's kernel (Tests/Lab/prepare)"))
  func itIsLoadedAsSixtyFourBitLinux() throws {
    let path = try #require(Self.kernel)
    let image = try KernelImage(path: path)
    #expect(image.bootProtocol == .linux64)
    let memory = try GuestMemory(lowBytes: 256 << 20)
    let entry = try image.load(
      to: memory, commandLine: "console=ttyS0", initrd: try InitialRAMDisk(path: path))
    #expect(entry == BootEntry(mode: .long64, rip: 0x100_0200, rsi: 0x2000))
    // The code begins with cld; cli (startup_32), at the entry too with cli behind it.
    #expect(try memory.load(UInt8.self, at: 0x100_0000) == 0xfc)
    #expect(try memory.load(UInt8.self, at: entry.rip) == 0xfc)
    let ramdisk = UInt64(try memory.load(UInt32.self, at: 0x2218))
    #expect(try memory.copy(at: ramdisk + 0x202, 4) == Array("HdrS".utf8))
  }
}
