/// A message signalled interrupt: a write of `data` to `address` (PCI Local Bus Specification 3.0, section 6.8).
public struct MSIMessage: BitwiseCopyable, Equatable, Sendable {
  /// Where the message goes; on x86 it names the local APICs (Intel SDM volume 3, section 11.11).
  public var address: UInt64
  /// What is written; on x86 the vector and how it is delivered.
  public var data: UInt32

  /// A message of `data` to `address`.
  public init(address: UInt64, data: UInt32) {
    self.address = address
    self.data = data
  }
}

/// The machine's side of the interrupts of a PCI function.
///
/// A function calls it with its own lock held: an implementation must not call the function back.
public protocol FunctionInterrupts: AnyObject, Sendable {
  /// The guest programmed a vector of the function's MSI-X capability: where its messages go from now on, or nil
  /// while it is masked or the capability is off. Address and data are the guest's, hence anything.
  func route(vector: Int, to message: MSIMessage?)

  /// Sends the message of `vector` now; one that has no route is dropped.
  func send(vector: Int)

  /// An eventfd whose signals raise `vector`, for a backend in the kernel; nil where there is none.
  func descriptor(vector: Int) -> Int32?

  /// Drives the function's INTx pin, level triggered.
  func setPin(level: Bool)
}
