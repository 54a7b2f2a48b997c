internal import CLinuxKVM
import Glibc
internal import SortieDevices
internal import SystemPackage

/// The thread that serves all timers of a machine's devices.
final class TimerThread: TimerService, @unchecked Sendable {
  private let queue: TimerQueue
  private var thread = pthread_t()
  private var isRunning = true

  /// Starts the thread.
  ///
  /// - Throws: ``MachineError/system(_:errno:)``.
  init() throws(MachineError) {
    queue = TimerQueue(clock: HostClock())
    let context = Unmanaged.passRetained(queue)
    let error = sortie_thread_start(
      &thread, -1,
      { context in
        guard let context else { return nil }
        Unmanaged<TimerQueue>.fromOpaque(context).takeRetainedValue().serve()
        return nil
      }, context.toOpaque())
    guard error == 0 else {
      context.release()
      isRunning = false
      throw .system("pthread_create", errno: Errno(rawValue: error))
    }
  }

  deinit { stop() }

  var clock: any DeviceClock { queue.clock }

  func makeTimer() -> any DeviceTimer { queue.makeTimer() }

  /// Ends the thread and waits for it, and for the device that it calls. From then on no timer fires. Only one thread
  /// may call it, and none that holds the lock of a device.
  func stop() {
    guard isRunning else { return }
    isRunning = false
    queue.close()
    _ = sortie_thread_join(thread)
  }
}
