import LabBoot
import SortieAnalysis
import SortieTrace
import Testing

/// What exits of hardware were about, by name, as recordings with details tell.
@Suite(.serialized, .needsLab)
struct DetailLabTests {
  private func analysis(_ name: String) throws -> Analysis {
    let recorded = try Lab.outcome(name)
    #expect(recorded.status == 0, "\(recorded.errors)")
    return try analyze(TraceFileSource(TraceFile(path: Lab.file(name + ".sortie", of: name))))
  }

  @Test(arguments: [
    ("msr-write", "SVM_EXIT_MSR", "write IA32_UCODE_WRITE"),
    ("msr-read", "SVM_EXIT_MSR", "read IA32_APICBASE"),
    ("apic-self-ipi", "SVM_EXIT_MSR", "write X2APIC_SELF_IPI"),
    ("apic-self-ipi", "SVM_EXIT_MSR", "write X2APIC_EOI"),
    ("apic-self-ipi-xapic", "SVM_EXIT_NPF", "write APIC_EOI"),
    ("tsc-deadline", "SVM_EXIT_MSR", "write IA32_TSC_DEADLINE"), ("cpuid", "SVM_EXIT_CPUID", "leaf 0x0"),
    ("hypercall", "SVM_EXIT_VMMCALL", "KVM_HC_VAPIC_POLL_IRQ"),
    ("page-first-touch", "SVM_EXIT_NPF", "write, not present"),
    ("pio-pit", "SVM_EXIT_IOIO", "write 0x43/1"), ("pio-ioeventfd", "SVM_EXIT_IOIO", "write 0xec/4"),
    ("mmio-ioeventfd", "SVM_EXIT_NPF", "write 0xd0006000/4"),
  ])
  func aLightExitSaysWhatItWasAbout(name: String, reason: String, detail: String) throws {
    let sites = try analysis(name + ".detail").sites.filter { $0.tier == .kernel }
    let found = try #require(
      sites.first { $0.reason == reason && $0.detail == detail }, "\(sites.map(\.site))")
    // A few more of the same belong to the guest's way to its first iteration.
    #expect((200...210).contains(found.count))
  }

  /// Whatever a guest here does has a name: registers, hypercalls, reasons.
  @Test(arguments: Lab.detailed.map(\.name))
  func nothingIsWithoutAName(name: String) throws {
    let analysis = try analysis(name)
    #expect(analysis.totals.unknown == 0 && analysis.totals.foldedSites == 0)
    for site in analysis.sites where site.tier == .kernel {
      #expect(!site.site.contains("unknown") && !site.site.contains("bits"))
      if site.reason == "SVM_EXIT_MSR" { #expect(site.detail?.contains("0x") == false, "\(site.site)") }
    }
    #expect(!analysis.kernelEvents.isEmpty)
    for event in analysis.kernelEvents {
      #expect(!event.detail.isEmpty && !event.detail.contains("register 0x") && event.detail != "other")
      if event.event == "kvm_msr" { #expect(!event.detail.contains("0x"), "\(event.detail)") }
      if event.event == "kvm_hypercall" { #expect(event.detail.hasPrefix("KVM_HC_")) }
    }
  }
}
