internal import GuestABI
internal import SortieDevices
internal import SortieKVM
internal import Synchronization

/// The far end of the cable of a network card that an I/O plan is performed on: it checks each frame of the guest, answers it
/// where the plan says so, or sends frames by itself.
final class PlannedNetwork: NetBackend {
  let mtu = 1500
  let isLinkUp = true

  private struct State {
    /// Frames that came.
    var received: UInt64 = 0
    /// Frames, answers or others, that the card has taken.
    var sent: UInt64 = 0
    var transfers: UInt64 = 0
    var firstWrong: UInt64?
    var checksum = IOPlan.noChecksum
    /// A frame on its way, and the one that the plan predicts.
    var frame: PlannedFrame
    var predicted: PlannedFrame
  }

  private let plan: IOPlan
  private let corruptedTransfer: UInt64
  /// Signalled when there is a frame for the card.
  private let ready: EventFD
  private let state: Mutex<State>

  /// The network of `plan`, which gets one bit of the transfer of this number wrong; 0: of none.
  ///
  /// - Throws: ``MachineError/kvm(_:)`` when the host has no descriptor left.
  init(_ plan: IOPlan, corruptedTransfer: UInt64) throws(MachineError) {
    self.plan = plan
    self.corruptedTransfer = corruptedTransfer
    do { ready = try EventFD() } catch { throw .kvm(error) }
    let frame = PlannedFrame(byteCount: Int(plan.bytes))
    state = Mutex(State(frame: frame, predicted: frame))
    if !plan.guestSendsFrames { ready.signal() }
  }

  var pollDescriptor: Int32 { ready.fileDescriptor }

  func updateLink() {}

  /// A frame of the guest. One that is longer or shorter than the plan's, or out of order, is wrong.
  func send(_ frame: UnsafeRawBufferPointer) -> NetTransmission {
    state.withLock { state in
      let number = state.received
      state.received += 1
      let isWhole = state.frame.copy(frame)
      corruptIfAsked(&state)
      state.predicted.fill(seed: plan.seed, number: number)
      if !isWhole || !state.frame.isLike(state.predicted) { state.firstWrong = state.firstWrong ?? number }
      state.checksum = state.frame.checksum(behind: state.checksum)
    }
    if plan.machineSendsFrames { ready.signal() }
    return .sent
  }

  /// The answer to the oldest frame that has none, or where the guest sends none, the next of the plan.
  func receive(into buffer: UnsafeMutableRawBufferPointer) -> NetReception {
    state.withLock { state in
      let end = plan.guestSendsFrames ? state.received : plan.operations
      guard plan.machineSendsFrames, state.sent < end else { return .nothing }
      state.frame.fill(seed: ~plan.seed, number: state.sent)
      state.sent += 1
      corruptIfAsked(&state)
      return state.frame.copy(to: buffer) ? .frame(Int(plan.bytes)) : .oversized
    }
  }

  private func corruptIfAsked(_ state: inout State) {
    state.transfers += 1
    if state.transfers == corruptedTransfer { state.frame.corrupt() }
  }

  /// All frames of the guest have come.
  var hasAllFrames: Bool { state.withLock { $0.received >= expectedFrames } }

  private var expectedFrames: UInt64 { plan.guestSendsFrames ? plan.operations : 0 }

  /// Holds the frames that came, and the checksums over the answers that the guest has stored, against the plan.
  func finding(_ checksums: UnsafeBufferPointer<UInt64>) -> IOFinding {
    state.withLock { state in
      var finding = IOFinding(
        readChecksum: checksums.last ?? IOPlan.noChecksum, imageChecksum: state.checksum)
      if let number = state.firstWrong {
        finding.problem =
          "operation \(number), a frame of \(plan.bytes) bytes from the guest, arrived other than the plan predicts"
      } else if state.received != expectedFrames {
        finding.problem = "\(state.received) frames arrived of the \(expectedFrames) that the plan has"
      } else if plan.machineSendsFrames, let number = firstWrong(checksums) {
        let what =
          plan.guestSendsFrames ? "whose answer has \(plan.bytes) bytes" : "a frame of \(plan.bytes) bytes"
        finding.problem = "operation \(number), \(what), brought other data than the plan predicts"
      }
      return finding
    }
  }

  private func firstWrong(_ checksums: UnsafeBufferPointer<UInt64>) -> Int? {
    var frame = PlannedFrame(byteCount: Int(plan.bytes))
    var checksum = IOPlan.noChecksum
    return checksums.indices.first { number in
      frame.fill(seed: ~plan.seed, number: UInt64(number))
      checksum = frame.checksum(behind: checksum)
      return checksums[number] != checksum
    }
  }
}
