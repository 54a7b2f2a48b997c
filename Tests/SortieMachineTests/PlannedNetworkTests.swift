import GuestABI
import SortieDevices
import Testing

@testable import SortieMachine

@Suite struct PlannedNetworkTests {
  private let answered: IOPlan
  private let sentOnly: IOPlan

  init() throws {
    answered = try IOPlan(for: .virtioNet, operations: 8, bytes: 256, seed: 9)
    sentOnly = try IOPlan(for: .virtioNet, operations: 8, bytes: 256, seed: 9, writePercent: 100)
  }

  /// Sends the frames that `change` makes of the plan's, and takes all answers.
  private func run(
    _ plan: IOPlan, corrupting transfer: UInt64 = 0, _ change: ([[UInt8]]) -> [[UInt8]] = { $0 }
  ) throws -> (finding: IOFinding, answers: Int) {
    let network = try PlannedNetwork(plan, corruptedTransfer: transfer)
    let frames = (0..<plan.operations).map { number in
      var frame = PlannedFrame(byteCount: Int(plan.bytes))
      frame.fill(seed: plan.seed, number: number)
      return bytes(of: frame)
    }
    var checksum = IOPlan.noChecksum
    var checksums: [UInt64] = []
    var answers = 0
    var answer = PlannedFrame(byteCount: Int(plan.bytes))
    var buffer = [UInt8](repeating: 0, count: 1518)
    for frame in change(frames) {
      #expect(frame.withUnsafeBytes { network.send($0) } == .sent)
      if buffer.withUnsafeMutableBytes({ network.receive(into: $0) }) == .frame(Int(plan.bytes)) {
        #expect(buffer[..<Int(plan.bytes)].withUnsafeBytes { answer.copy($0) })
        checksum = answer.checksum(behind: checksum)
        answers += 1
      }
      checksums.append(checksum)
    }
    #expect(buffer.withUnsafeMutableBytes { network.receive(into: $0) } == .nothing)
    return (checksums.withUnsafeBufferPointer { network.finding($0) }, answers)
  }

  private func bytes(of frame: PlannedFrame) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 256)
    #expect(bytes.withUnsafeMutableBytes { frame.copy(to: $0) })
    return bytes
  }

  @Test func framesOfThePlanAreFoundRightAndAnswered() throws {
    let (finding, answers) = try run(answered)
    #expect(finding.problem == nil)
    #expect(answers == 8)
    #expect(finding.readChecksum != IOPlan.noChecksum)
  }

  @Test func framesOfAPlanWithoutAnswersGetNone() throws {
    let (finding, answers) = try run(sentOnly)
    #expect(finding.problem == nil)
    #expect(answers == 0)
    #expect(finding.readChecksum == IOPlan.noChecksum)
  }

  @Test func framesThatAreLostCutOrOutOfOrderAreFound() throws {
    #expect(
      try run(sentOnly) { Array($0.dropLast()) }.finding.problem?.hasPrefix("7 frames arrived of the 8")
        == true)
    for change: ([[UInt8]]) -> [[UInt8]] in [
      { Array($0[..<3] + $0[4...]) }, { Array($0[..<3] + [$0[4], $0[3]] + $0[5...]) },
      { Array($0[..<3] + [Array($0[3].dropLast(8))] + $0[4...]) },
    ] {
      #expect(
        try run(sentOnly, change).finding.problem?.hasPrefix("operation 3, a frame of 256 bytes") == true)
    }
  }

  @Test func aWrongBitOnEitherWayIsFound() throws {
    // Transfers are frame and answer by turns.
    #expect(try run(answered, corrupting: 5).finding.problem?.hasPrefix("operation 2, a frame") == true)
    #expect(try run(answered, corrupting: 6).finding.problem?.hasPrefix("operation 2, whose answer") == true)
    #expect(try run(sentOnly, corrupting: 5).finding.problem?.hasPrefix("operation 4, a frame") == true)
  }
}
