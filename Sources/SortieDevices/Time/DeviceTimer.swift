/// A device that a ``DeviceTimer`` calls.
public protocol TimedDevice: AnyObject, Sendable {
  /// The deadline has passed. The call comes on a host thread that holds no lock, so it may cross an access that moved
  /// the deadline: what is due the device decides by its clock.
  func timerFired()
}

/// One deadline of one device.
///
/// A device calls it with its own lock held: an implementation must neither call the device back from within these
/// calls, nor block, nor allocate when it is armed.
public protocol DeviceTimer: AnyObject, Sendable {
  /// Names the device to call, once, before the timer is armed. The device is not kept alive.
  func connect(to device: any TimedDevice)
  /// Calls the device once when the monotonic clock has reached `deadline`, in nanoseconds, instead of at the deadline
  /// that was set before.
  func arm(at deadline: UInt64)
  /// Forgets the deadline.
  func disarm()
}

/// Makes the timers of a machine.
public protocol TimerService: AnyObject, Sendable {
  /// What the deadlines of its timers refer to.
  var clock: any DeviceClock { get }
  /// A timer without a device and a deadline.
  func makeTimer() -> any DeviceTimer
}

extension DeviceTimer {
  /// Sets the deadline, or forgets it where there is none.
  func set(_ deadline: UInt64?) {
    if let deadline { arm(at: deadline) } else { disarm() }
  }
}
