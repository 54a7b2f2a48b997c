import SortieVirtio
import Synchronization

/// The driver's end of a device's interrupts.
final class RecordingInterrupts: VirtioInterrupts {
  let used = Signals()
  let changes = Signals()
  let faults = Signals()
  private let first = Mutex<VirtioFault?>(nil)

  var fault: VirtioFault? { first.withLock(\.self) }

  func usedBuffers(queue: Int) { used.signal() }
  func configurationChanged() { changes.signal() }
  func needsReset(_ fault: VirtioFault) {
    first.withLock { $0 = $0 ?? fault }
    faults.signal()
  }
  func callDescriptor(queue: Int) -> Int32? { nil }
}
