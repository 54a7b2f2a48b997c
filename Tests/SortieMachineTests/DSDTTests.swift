import Foundation
import Testing

@testable import SortieMachine

/// The DSDT as ACPICA's compiler reads it.
@Suite struct DSDTTests {
  private static let compiler = "/usr/bin/iasl"
  private static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: compiler) }

  @Test(.enabled(if: isInstalled, "needs iasl (Debian: acpica-tools)"), arguments: [1, 255])
  func acpicaReadsTheTableAndCompilesWhatItRead(vcpus: Int) throws {
    let source = try disassembled(vcpus: vcpus, highWindow: 0x2_0000_0000..<0x6_0000_0000)
    for part in [
      "Device (PCI0)", "\"PNP0A08\"", "Device (ECAM)", "Device (COM1)", "Device (RTC)", "Device (C000)",
      "Name (\\_S5", "0xE0000000,", "0x0000000200000000,", "0x00000005FFFFFFFF,", "0x001FFFFF,",
    ] { #expect(source.contains(part), "no \(part)") }
    #expect(source.components(separatedBy: "\"ACPI0007\"").count == vcpus + 1)
    // Slot 31, pin D: 16 + (31 + 3) % 4.
    let last = try #require(source.range(of: "0x001FFFFF,", options: .backwards))
    let route = source[last.upperBound...].prefix(120).split { " \n,".contains($0) }.prefix(3)
    #expect(route == ["0x03", "Zero", "0x12"])
  }

  @Test(.enabled(if: isInstalled, "needs iasl (Debian: acpica-tools)"))
  func aMachineWithoutHighWindowHasNone() throws {
    let source = try disassembled(vcpus: 1, highWindow: 0..<0)
    #expect(!source.contains("QWordMemory"))
    #expect(source.contains("DWordMemory"))
  }

  /// Disassembles the table, compiles the result, and returns it.
  private func disassembled(vcpus: Int, highWindow: Range<UInt64>) throws -> String {
    let directory = FileManager.default.temporaryDirectory.appending(path: "sortie-dsdt-\(UUID())")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let table = try ParsedACPI(.init(vcpus: vcpus, highWindow: highWindow)).table("DSDT")
    try Data(table).write(to: directory.appending(path: "dsdt.aml"))
    for arguments in [["-d", "dsdt.aml"], ["-we", "-p", "again", "dsdt.dsl"]] {
      let process = Process()
      process.executableURL = URL(filePath: Self.compiler)
      process.arguments = arguments
      process.currentDirectoryURL = directory
      let output = Pipe()
      process.standardOutput = output
      process.standardError = output
      try process.run()
      let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
      process.waitUntilExit()
      #expect(process.terminationStatus == 0, "\(text)")
    }
    return try String(contentsOf: directory.appending(path: "dsdt.dsl"), encoding: .utf8)
  }
}
