import CLinuxIO
import Glibc

/// A thread for devices that need one, on which no handler ever runs: the target calls in its place, when the input says
/// so.
let idleThread: IOThread = {
  guard let thread = try? IOThread(name: "fuzz") else { fatalError("no thread") }
  thread.stop()
  return thread
}()

/// Whether a device has called its I/O thread since this was last asked.
func takeKick(_ descriptor: Int32) -> Bool {
  var count: UInt64 = 0
  return read(descriptor, &count, 8) == 8
}

/// An eventfd that nobody signals, for backends that must have one to wait for.
let silentDescriptor = sortie_io_eventfd()

/// RAM of a guest, which the target can put out of its devices' reach.
final class FuzzedRAM {
  let bytes: UnsafeMutableRawBufferPointer

  init(byteCount: Int) {
    precondition(byteCount % 4096 == 0)
    bytes = .allocate(byteCount: byteCount, alignment: 4096)
    bytes.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit { bytes.deallocate() }

  /// As devices see it.
  var memory: GuestRAM {
    guard let base = bytes.baseAddress else { fatalError("no memory") }
    return GuestRAM(base: base, lowBytes: UInt64(bytes.count))
  }

  /// While it is hidden whoever reads or writes it gets SIGSEGV.
  var isHidden = false {
    didSet {
      guard isHidden != oldValue else { return }
      let protection = isHidden ? PROT_NONE : PROT_READ | PROT_WRITE
      precondition(mprotect(bytes.baseAddress, bytes.count, protection) == 0)
    }
  }
}
