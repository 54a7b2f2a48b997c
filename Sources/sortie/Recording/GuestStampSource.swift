import CLinuxKVM
import SortieMachine
import SortieProbes
import SortieTrace
import Synchronization

/// The guest stamps of one vCPU on their way into the trace. It keeps the machine, whose memory holds the ring.
final class GuestStampSource: RecordingSource {
  private struct State: ~Copyable {
    var ring: GuestStampRing
    /// Guest TSC of the last span seen, cycles: losses lie after it.
    var lastStamp: UInt64
  }

  private let machine: Machine
  private let stream: StreamID
  private let tscOffset: UInt64
  private let state: Mutex<State>

  /// nil for a guest that stamps nothing.
  init?(machine: Machine, vcpu: Int, stream: StreamID) {
    guard let region = machine.stampRing(vcpu) else { return nil }
    self.machine = machine
    self.stream = stream
    tscOffset = UInt64(bitPattern: machine.tscOffset(vcpu) ?? 0)
    let ring = GuestStampRing(region: region, capacity: machine.stampRingCapacity)
    state = Mutex(State(ring: ring, lastStamp: sortie_rdtsc() &+ tscOffset))
  }

  func drain(into writer: inout TraceFileWriter) throws(TraceError) {
    let stream = stream
    let now = sortie_rdtsc() &+ tscOffset
    var failure: TraceError?
    let loss = state.withLock { (state) -> LossRow? in
      let first = state.lastStamp
      var last = first
      let loss = state.ring.drain { spans in
        last = spans.last?.g1 ?? last
        // The writer accounts for what it was given, even where it throws.
        do throws(TraceError) { try writer.append(guestSpans: spans, stream: stream) } catch {
          failure = error
        }
      }
      state.lastStamp = last
      return loss.map {
        LossRow(stream: stream, firstTSC: first, lastTSC: now, cause: $0.cause, count: $0.count)
      }
    }
    if let loss, let cause = loss.cause {
      writer.noteLoss(stream, firstTSC: loss.firstTSC, lastTSC: loss.lastTSC, cause: cause, count: loss.count)
    }
    if let failure { throw failure }
  }
}
