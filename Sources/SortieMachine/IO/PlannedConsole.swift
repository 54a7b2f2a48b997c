internal import GuestABI
internal import SortieDevices
internal import Synchronization

/// The far end of a console that an I/O plan writes to: it passes everything on, and knows what is to come.
final class PlannedConsole: SerialBackend {
  private struct State {
    var characters: UInt64 = 0
    var transfers: UInt64 = 0
    var firstWrong: (index: UInt64, character: UInt8)?
    /// FNV-1a.
    var checksum = IOPlan.noChecksum
  }

  private let plan: IOPlan
  private let corruptedTransfer: UInt64
  private let console: Console
  private let state = Mutex(State())

  /// The end of a line to `console`, which gets one bit of the transfer of this number wrong; 0: of none.
  init(_ plan: IOPlan, corruptedTransfer: UInt64, console: Console) {
    self.plan = plan
    self.corruptedTransfer = corruptedTransfer
    self.console = console
  }

  func transmit(_ byte: UInt8) -> Bool { withUnsafeBytes(of: byte) { transmit($0) } == 1 }

  func transmit(_ bytes: UnsafeRawBufferPointer) -> Int {
    state.withLock { state in
      state.transfers += 1
      var wrong: UInt8 = state.transfers == corruptedTransfer ? 1 : 0
      for byte in bytes {
        let character = byte ^ wrong
        wrong = 0
        if state.firstWrong == nil, character != sortie_io_character(plan.seed, state.characters) {
          state.firstWrong = (state.characters, character)
        }
        state.characters += 1
        state.checksum = (state.checksum ^ UInt64(character)) &* 0x100_0000_01b3
        _ = console.transmit(character)
      }
    }
    return bytes.count
  }

  func receiveReady() {}

  /// Holds what came against the plan. Nothing is read from a console.
  func finding() -> IOFinding {
    state.withLock { state in
      let expected = plan.operations * plan.bytes
      var finding = IOFinding(readChecksum: IOPlan.noChecksum, imageChecksum: state.checksum)
      if let (index, character) = state.firstWrong {
        finding.problem =
          "operation \(index / plan.bytes), a write of \(plan.bytes) characters: number \(index) of all arrived as "
          + "\(character), where the plan predicts \(sortie_io_character(plan.seed, index))"
      } else if state.characters != expected {
        finding.problem = "\(state.characters) characters arrived of the \(expected) that the plan has"
      }
      return finding
    }
  }
}
