import GuestABI
import Testing

@testable import SortieMachine

@Suite struct PlannedConsoleTests {
  private let plan: IOPlan

  init() throws { plan = try IOPlan(for: .uart, operations: 10, bytes: 20, seed: 5) }

  private var characters: [UInt8] { (UInt64(0)..<200).map { sortie_io_character(plan.seed, $0) } }

  private func finding(
    of characters: [UInt8], corrupting transfer: UInt64 = 0
  ) -> (finding: IOFinding, passedOn: [UInt8]) {
    let console = Console()
    let planned = PlannedConsole(plan, corruptedTransfer: transfer, console: console)
    // Some one by one, the rest at once.
    for character in characters.prefix(50) { #expect(planned.transmit(character)) }
    characters.dropFirst(50).withUnsafeBytes { #expect(planned.transmit($0) == $0.count) }
    return (planned.finding(), console.drain().bytes)
  }

  @Test func whatThePlanSaysIsFoundRightAndPassedOn() {
    let (finding, passedOn) = finding(of: characters)
    #expect(finding.problem == nil)
    #expect(passedOn == characters)
    #expect(characters.allSatisfy { (0x21...0x60).contains($0) })
  }

  @Test func aCharacterThatIsMissingIsFoundWhereItIsMissed() {
    var lost = characters
    lost.remove(at: 41)
    #expect(
      finding(of: lost).finding.problem?.contains("operation 2, a write of 20 characters: number 41 ") == true
    )
    #expect(
      finding(of: characters.dropLast()).finding.problem
        == "199 characters arrived of the 200 that the plan has")
    #expect(finding(of: characters + [33]).finding.problem?.contains("operation 10,") == true)
  }

  @Test(arguments: [1, 30, 51] as [UInt64])
  func aWrongBitIsFound(transfer: UInt64) {
    let (finding, passedOn) = finding(of: characters, corrupting: transfer)
    #expect(finding.problem?.contains("number \(transfer - 1) of all arrived as ") == true)
    #expect(passedOn != characters)
  }
}
