internal import CLinuxKVM
import Glibc
internal import SystemPackage

/// Ctrl-C and its kin as something to wait for beside the guest: made once, before any thread is started, so that no
/// thread is interrupted by them and a recording always ends in order.
public struct StopSignals: ~Copyable, Sendable {
  /// For poll(2): readable when a signal has come.
  public let descriptor: Int32

  /// Blocks SIGINT, SIGTERM and SIGHUP in this thread and those it starts.
  ///
  /// - Throws: ``MachineError/system(_:errno:)``.
  public init() throws(MachineError) {
    let result = sortie_block_stop_signals()
    guard result >= 0 else { throw .system("signalfd", errno: Errno(rawValue: -result)) }
    descriptor = result
  }

  deinit { sortie_unblock_stop_signals(descriptor) }

  /// The number of a signal that has come, nil if none has.
  func take() -> Int32? {
    let number = sortie_read_stop_signal(descriptor)
    return number == 0 ? nil : number
  }
}
