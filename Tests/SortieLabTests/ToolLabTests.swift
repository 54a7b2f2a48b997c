import FoundationEssentials
import LabBoot
import Testing

/// The static tool in the lab, and the lab itself.
@Suite(.serialized, .needsLab)
struct ToolLabTests {
  private struct Doctor: Decodable {
    struct Finding: Decodable {
      var topic: String
      var value: String
    }
    var host: [String: String]
    var findings: [Finding]
  }

  private struct Report: Decodable {
    struct Host: Decodable {
      var emulatedGuestCode: Bool?

      private enum CodingKeys: String, CodingKey {
        case emulatedGuestCode = "emulated_guest_code"
      }
    }
    struct Line: Decodable {
      var text: String
    }
    var host: Host
    var ledger: [Line]
  }

  @Test func doctorSaysThatTheProcessorRunsGuests() throws {
    let outcome = try Lab.outcome("doctor")
    #expect(outcome.status == 0)
    let doctor = try JSONDecoder().decode(Doctor.self, from: Data(outcome.output.utf8))
    #expect(doctor.host["kvm_vendor_module"] == "kvm_amd")
    #expect(doctor.host["emulated_guest_code"] == "false")
    let guestCode = try #require(doctor.findings.first { $0.topic == "guest code" })
    #expect(guestCode.value.hasPrefix("run by the processor"))
    let nesting = try #require(doctor.findings.first { $0.topic == "nesting" })
    #expect(nesting.value.contains("emulated by QEMU"))
  }

  @Test func reportSaysThatExitsAreRealAndCyclesEmulated() throws {
    let outcome = try Lab.outcome("report")
    #expect(outcome.status == 0)
    let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
    #expect(report.host.emulatedGuestCode == false)
    #expect(report.ledger.contains { $0.text.contains("processor is emulated by QEMU") })
  }

  @Test func labBringsBackWhatACommandSaidLeftAndReturned() throws {
    let outcome = try Lab.outcome("failure")
    #expect(outcome.status == 7)
    #expect(outcome.output == "said\n")
    #expect(outcome.errors == "complained\n")
    #expect(try Lab.exists(Lab.file("left", of: "failure")))
  }
}
