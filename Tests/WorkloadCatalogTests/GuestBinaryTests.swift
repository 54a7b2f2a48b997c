import Glibc
import Testing
import WorkloadCatalog

/// The guests as built: what is in the machine code, not what the flags promise.
@Suite struct GuestBinaryTests {
  /// `Workloads/.build/…`, seen from this file.
  static let directory =
    #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    + "/Workloads/.build/x86_64-unknown-none-elf/release/"

  static let isBuilt = Workload.all.allSatisfy { access(directory + $0.name, R_OK) == 0 }
  static let disassembler = ["llvm-objdump", "objdump"].first { system("command -v \($0) >/dev/null") == 0 }

  @Test(
    .enabled(if: isBuilt, "the guests are not built: swift build --package-path Workloads"),
    .enabled(if: disassembler != nil, "neither llvm-objdump nor objdump is installed"),
    arguments: Workload.all.map(\.name))
  func guestUsesOnlyGeneralRegisters(name: String) throws {
    let command = "\(try #require(Self.disassembler)) -d '\(Self.directory + name)'"
    let output = try #require(popen(command, "r"))
    defer { pclose(output) }
    var line = [CChar](repeating: 0, count: 1024)
    var instructions = 0
    while fgets(&line, Int32(line.count), output) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      instructions += text.contains("\t") ? 1 : 0
      #expect(text.firstMatch(of: /%([xyz]?mm[0-9]|st\b)/) == nil, "\(text)")
    }
    #expect(instructions > 100)
  }
}
