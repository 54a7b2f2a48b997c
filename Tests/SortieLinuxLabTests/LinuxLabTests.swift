import LabBoot
import SortieTrace
import SystemPackage
import Testing

/// An unmodified Linux on the PC, and the same one on QEMU as a control.
@Suite(.serialized, .needsLinuxLab)
struct LinuxLabTests {
  @Test(arguments: LinuxLab.controls + LinuxLab.ours)
  func linuxBootsUsesItsDevicesAndEndsItself(run: LinuxLab.Run) throws {
    let outcome = try LinuxLab.boot.outcome(run.name)
    #expect(outcome.status == 0, "\(outcome.errors.suffix(2000))")
    let said = try LinuxLab.said(by: run)
    #expect(said.filter { $0 == "up with \(run.processors) processors" }.count == run.boots, "\(said)")
    for step in ["disk read", "disk written", "net answers", "rng works", "end"] {
      #expect(said.filter { $0 == step }.count == run.boots, "\(step): \(said)")
    }
    #expect(said.filter { $0 == "disk kept" }.count == run.boots - 1)
  }

  @Test(arguments: LinuxLab.controls + LinuxLab.ours)
  func theDiskBearsFromOutsideWhatTheGuestWrote(run: LinuxLab.Run) throws {
    #expect(try LinuxLab.left("disk.checked", by: run) == "written: OK")
  }

  @Test func theBalloonTakesWhatTheHostAsksFor() throws {
    let said = try LinuxLab.said(by: LinuxLab.ours[0])
    #expect(said.filter { $0 == "balloon took \(LinuxLab.balloonMiB << 8) pages" }.count == 2, "\(said)")
  }

  @Test(arguments: LinuxLab.ours)
  func whatIsWrittenToTheVirtioConsoleArrives(run: LinuxLab.Run) throws {
    #expect(try LinuxLab.left("console", by: run).contains("said on hvc0"))
  }

  @Test func aResetStartsTheMachineAnewAsAnotherVM() throws {
    let trace = try LabTrace(LinuxLab.boot.file("trace.sortie", of: "one"))
    let outcomes = try trace.file.rows(VMAttribute.self).filter { $0.name == "outcome" }
    #expect(
      outcomes.sorted { $0.vm < $1.vm }.map(\.value) == [
        "completed: the guest reset the machine", "completed: the guest turned the machine off",
      ])
  }

  @Test func aMultibootKernelsStatusIsTheExitStatus() throws {
    let outcome = try LinuxLab.boot.outcome("multiboot")
    #expect(outcome.status == 0x10 << 1 | 1, "\(outcome.errors)")
  }

  /// Guest memory is left out; QEMU takes ten times as much.
  @Test(arguments: LinuxLab.ours)
  func theMachineMonitorTakesLessThan40MiB(run: LinuxLab.Run) throws {
    let kibibytes = try #require(Int(LinuxLab.left("resident", by: run)))
    #expect(kibibytes > 1000 && kibibytes < 40 << 10)
  }

  @Test(.enabled(if: LinuxLab.boots > 0, "takes half an hour: make test-long"))
  func linuxFailsToBootNoMoreOftenThanOnQEMU() throws {
    let outcome = try LinuxLab.boot.outcome("boots")
    #expect(outcome.status == 0, "\(outcome.errors.suffix(2000))")
    let lines = try LinuxLab.boot.contents(of: "boots.files/boots").split(separator: "\n")
    func boots(_ machine: String, _ end: String = "") -> Int {
      lines.count { $0.hasPrefix(machine + " ") && $0.contains(end) }
    }
    #expect(boots("sortie") == LinuxLab.boots && boots("pc") == LinuxLab.boots)
    let (ours, theirs) = (boots("sortie", " ended "), boots("pc", " ended "))
    print("\(ours) of \(LinuxLab.boots) boots by Sortie came to their end, \(theirs) by QEMU")
    #expect(ours >= theirs, "\(lines.filter { !$0.contains(" ended ") })")
  }
}
