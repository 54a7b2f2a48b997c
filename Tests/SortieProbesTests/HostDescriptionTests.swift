import Testing

@testable import SortieProbes

@Suite struct HostDescriptionTests {
  @Test func theFirstProcessorsFieldsAreTaken() {
    let text = """
      processor\t: 0
      vendor_id\t: AuthenticAMD
      cpu family\t: 25
      model name\t: AMD EPYC 9B14
      flags\t\t: fpu vme constant_tsc nonstop_tsc hypervisor
      power management:
      address sizes\t: 46 bits physical, 48 bits virtual

      processor\t: 1
      vendor_id\t: GenuineIntel
      """
    let fields = HostDescription.firstProcessor(text)
    #expect(fields["processor"] == "0")
    #expect(fields["vendor_id"] == "AuthenticAMD")
    #expect(fields["cpu family"] == "25")
    #expect(fields["model name"] == "AMD EPYC 9B14")
    #expect(fields["flags"] == "fpu vme constant_tsc nonstop_tsc hypervisor")
    #expect(fields["power management"] == "")
    #expect(fields.count == 7)
  }

  @Test(arguments: ["", "\nvendor_id\t: x", "no colon here", ":", " \t: value"])
  func whatIsNoProcessorGivesNothingOfUse(text: String) {
    #expect(HostDescription.firstProcessor(text)["vendor_id"] == nil)
  }

  @Test(arguments: [
    ("cpu  100 0 100 700 0 0 0 100 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1", "10.0 %"),
    ("cpu  0 0 0 999 0 0 0 1", "0.1 %"),
    ("cpu  1 1 1 1 1 1 1 0 500 500", "0.0 %"),
    ("cpu  0 0 0 0 0 0 0 7", "100.0 %"),
  ])
  func stealIsAShareOfTheFirstEightColumns(text: String, share: String) {
    #expect(HostDescription.stealShare(text) == share)
  }

  @Test(arguments: [
    "", "cpu0 100 0 100 700 0 0 0 100", "cpu  100 0 100 700 0 0 0", "cpu  0 0 0 0 0 0 0 0",
    "intr 1 2 3 4 5 6 7 8 9",
  ])
  func whatIsNoAccountOfTimeHasNoShare(text: String) {
    #expect(HostDescription.stealShare(text) == nil)
  }

  @Test(arguments: [
    "cpu  18446744073709551615 18446744073709551615 0 0 0 0 0 1", "cpu  0 0 0 0 0 0 0 18446744073709551615",
    "cpu  1 0 0 0 0 0 0 18446744073709551615", "cpu  -1 x 0 0 0 0 0 99999999999999999999 0 0 0",
  ])
  func numbersThatDoNotFitDoNotTrap(text: String) { _ = HostDescription.stealShare(text) }

  @Test func stealAndBusyTimeOfAMeasurementAreWhatPassedMeanwhile() throws {
    let before = try #require(ProcessorTicks("cpu  100 0 100 700 100 0 0 500"))
    let after = try #require(ProcessorTicks("cpu  130 0 110 740 110 0 0 510"))
    let passed = after.since(before)
    #expect(passed.stealShare == 0.1 && passed.busyShare == 0.5)
    #expect(before.since(before).stealShare == nil)
    // A counter that ran backwards is no reason to end.
    #expect(before.since(after).stealShare.map { $0 <= 1 } == true)
  }

  @Test func theActivityOfThisHostIsKnown() {
    let conditions = HostActivity().conditions()
    #expect(conditions["load_before"] != nil && conditions["load_after"] != nil)
  }
}
