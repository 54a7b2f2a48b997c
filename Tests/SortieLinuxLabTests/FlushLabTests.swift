import LabBoot
import SystemPackage
import Testing

/// A machine monitor that is killed while its guest writes 1 GiB.
@Suite(.serialized, .needsLinuxLab)
struct FlushLabTests {
  private static let pieceBytes = 16 << 20
  private static let headBytes = 512

  @Test func theDiskHoldsEveryPieceThatTheGuestHadFlushed() throws {
    let outcome = try LinuxLab.boot.outcome("flush")
    #expect(outcome.status == 0, "\(outcome.errors.suffix(2000))")
    let console = try LinuxLab.boot.contents(of: "flush.files/console")
    let said = console.split(whereSeparator: \.isNewline)
    let flushed = said.filter { $0.contains("guest: flushed ") }.count
    #expect(flushed >= 32 && flushed < 64, "killed in the middle")
    let flushes = try LinuxLab.boot.contents(of: "flush.files/flushes").filter(\.isNumber)
    #expect(try #require(Int(flushes)) >= flushed, "each went on to the disk")
    let sum = try #require(console.firstMatch(of: /guest: piece ([0-9a-f]{64})/)?.1)
    for number in 0..<flushed {
      let (_, head) = LabBoot.shell(
        "dd if='\(LinuxLab.scratch)' bs=\(Self.headBytes) skip=\(number * Self.pieceBytes / Self.headBytes) count=1 2>/dev/null"
      )
      #expect(head.hasPrefix("piece \(number) "), "piece \(number)")
      let (_, rest) = LabBoot.shell(
        "tail -c +\(number * Self.pieceBytes + Self.headBytes + 1) '\(LinuxLab.scratch)' | "
          + "head -c \(Self.pieceBytes - Self.headBytes) | sha256sum")
      #expect(rest.hasPrefix(sum), "piece \(number)")
    }
  }
}
