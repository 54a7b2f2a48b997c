import ELFFixtures
import Testing

@testable import SortieMachine

/// Damaged kernels of each kind: whatever is accepted is entered in RAM, and nothing but its own pieces is written.
@Suite struct BootPropertyTests {
  private static let kernels: [[UInt8]] = [
    BZImageBuilder(preferredAddress: 0x10_0000, initBytes: 0x2000).bytes, PVHBootTests.kernel().bytes,
    MultibootTests.flat(), MultibootTests.elf32(entry: 0x10_0010),
  ]

  /// Between boot area and kernel.
  private static let untouched = [UInt8](repeating: 0, count: 0x6_0000)

  /// Where damage matters: the headers.
  private static let fields = [0x1f1..<0x270, 0..<180, 0..<48, 0..<116]

  @Test(arguments: 0..<4) func damagedKernelsAreRefusedOrEnteredInsideMemory(kind: Int) throws {
    let fixture = BootFixture()
    var random = SystemRandomNumberGenerator()
    var accepted = 0
    for _ in 0..<200 {
      var kernel = Self.kernels[kind]
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let interesting: [UInt8] = [0, 1, 0x7f, 0x80, 0xff, .random(in: 0...255, using: &random)]
        kernel[Int.random(in: Self.fields[kind], using: &random)] =
          interesting[.random(in: 0..<6, using: &random)]
      }
      do {
        try fixture.load(kernel, mebibytes: 32, initrd: [1, 2, 3]) { (entry, memory) throws in
          accepted += 1
          #expect(entry.rip >= 0x10_0000 && entry.rip < 32 << 20)
          #expect(try memory.copy(at: 0xa_0000, 0x6_0000) == Self.untouched)
        }
      } catch is BootError {
      } catch MachineError.boot(let error) {
        #expect("\(error)".hasPrefix(error.option.rawValue))
      }
    }
    #expect(accepted > 0 && accepted < 200, "the damage is neither always fatal nor always harmless")
  }

  @Test func randomBytesAreNoKernel() throws {
    let fixture = BootFixture()
    var random = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let bytes = (0..<Int.random(in: 1...9000, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      #expect(try fixture.problem(bytes) != nil)
    }
  }
}
