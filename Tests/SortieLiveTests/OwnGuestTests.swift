import Testing

extension LiveTests {
  /// Guests by path.
  @Suite struct OwnGuestTests {
    @Test func aGuestWithoutStampsIsRecordedByItsExits() throws {
      let directory = try TemporaryDirectory()
      let guest = try directory.write(TinyGuest.tenWrites, to: "ten.elf")
      let recording = try Recording(guest)
      #expect(recording.result.status == 0, "\(recording.result.messages)")
      let sites = try recording.events().filter(\.isHeavy).map(\.site)
      #expect(sites == [String](repeating: "pio write 0xe0/4", count: 10) + ["pio write 0xf4/4"])
      let report = try recording.report()
      #expect(report.totals.operations == 0)
      #expect(report.vms.map(\.workload) == ["ten"])
    }

    @Test func aGuestOfTheCatalogRunsByItsPathAsWell() throws {
      let recording = try Recording(try SortieTool.image("mmio-write"), iterations: 50)
      #expect(recording.result.status == 0, "\(recording.result.messages)")
      #expect(try recording.events().count { $0.isHeavy } == 51)
    }

    /// Interrupts on ports that the guest has set up nothing for stay pending, whatever it writes there and how.
    @Test func interruptsThatAGuestInjectsWithoutTakingThemDoNoHarm() throws {
      let directory = try TemporaryDirectory()
      let guest = try directory.write(TinyGuest.injections, to: "injections.elf")
      let recording = try Recording(guest)
      #expect(recording.result.status == 0, "\(recording.result.messages)")
      let sites = try recording.events().filter(\.isHeavy).map(\.site)
      let line = sites.count { $0?.hasPrefix("pio write 0xf0/") == true }
      #expect(line == 256 * 7, "three sizes and four elements of a string")
      // Four bytes at 0xf8 are KVM's; the other sizes belong to nobody.
      #expect(sites.count { $0?.hasPrefix("pio write 0xf8/") == true } == 256 * 2)
      #expect(!sites.contains("pio write 0xf8/4"))
    }

    @Test func aCrashIsNamedWithItsRIP() throws {
      let directory = try TemporaryDirectory()
      let guest = try directory.write(TinyGuest.crash, to: "crash.elf")
      let recording = try Recording(guest)
      #expect(recording.result.status == 4)
      // The address of the ud2, not of the nop before it.
      #expect(recording.result.messages.contains("0x100001"), "\(recording.result.messages)")
      #expect(try #require(recording.report().vms.first)["outcome"]?.hasPrefix("failed: ") == true)
    }
  }
}
