public import CGuest
public import GuestABI

/// A virtio network card (Virtual I/O Device Version 1.2, section 5.1): a descriptor a frame, all frames of a batch with one
/// kick. Only what is waited for interrupts: answers, or frames that are gone.
public struct VirtioNetworkCard: NetworkCard {
  private static let receiveQueue: UInt16 = 0
  private static let transmitQueue: UInt16 = 1
  /// Room for a frame and what stands in front of it.
  private static let stride = 2048
  /// `struct virtio_net_hdr` (section 5.1.6), which is all zeroes, so placed that the frame's words are aligned.
  private static let headerBytes = 12
  private static let headerOffset = 4

  private let settings: NetworkSettings
  private let receive: Virtqueue
  private let transmit: Virtqueue
  private let sent: UnsafeMutablePointer<UInt8>
  private let received: UnsafeMutablePointer<UInt8>
  /// Frames that came in the last exchange, and how many the device had given back before them.
  private var answers: UInt16 = 0
  private var before: UInt16 = 0

  /// The machine's first.
  public init(_ settings: NetworkSettings, _ memory: inout IOMemory) {
    self.settings = settings
    let function = VirtioFunction(type: 1)
    receive = function.queue(Self.receiveQueue, &memory)
    transmit = function.queue(Self.transmitQueue, &memory)
    // Twice as much room as answers come, so that the device never has to be told of new room.
    let rooms = Int(2 &* settings.depth)
    sent = memory.take(UInt8.self, count: settings.depth &* UInt64(Self.stride))
    received = memory.take(UInt8.self, count: UInt64(rooms &* Self.stride))
    for index in 0..<Int(settings.depth) {
      transmit.descriptors[index] = virtq_descriptor(
        address: physical(sent + (index &* Self.stride &+ Self.headerOffset)),
        length: UInt32(truncatingIfNeeded: settings.bytes) &+ UInt32(Self.headerBytes), flags: 0, next: 0)
    }
    for index in 0..<rooms {
      receive.descriptors[index] = virtq_descriptor(
        address: physical(received + (index &* Self.stride &+ Self.headerOffset)),
        length: UInt32(Self.stride &- Self.headerOffset), flags: UInt16(VIRTQ_DEVICE_WRITES.rawValue), next: 0
      )
      receive.offer(UInt16(truncatingIfNeeded: index), at: UInt16(truncatingIfNeeded: index))
    }
    if settings.isAnswered { transmit.suppressInterrupts() } else { receive.suppressInterrupts() }
    function.start()
    receive.submit(UInt16(truncatingIfNeeded: rooms))
  }

  /// See ``NetworkCard/frame(_:)``.
  public func frame(_ index: UInt64) -> UnsafeMutablePointer<sortie_io_frame> { Self.frame(sent, index) }

  /// See ``NetworkCard/answer(_:)``.
  public func answer(_ index: UInt64) -> UnsafeMutablePointer<sortie_io_frame> {
    Self.frame(received, UInt64(receive.head(before &+ UInt16(truncatingIfNeeded: index))))
  }

  /// See ``NetworkCard/exchange(count:)``.
  @inline(__always)
  public mutating func exchange(count: UInt64) {
    for index in 0..<answers { receive.offer(receive.head(before &+ index), at: index) }
    if answers != 0 { receive.submit(answers) }
    let count = UInt16(truncatingIfNeeded: count)
    guard settings.isSent else {
      before &+= answers
      answers = count
      return receive.wait(forAtLeast: before &+ count)
    }
    for index in 0..<count { transmit.offer(index, at: index) }
    let waited = settings.isAnswered ? receive : transmit
    before = waited.returned
    transmit.submit(count)
    waited.wait(until: before &+ count)
    if settings.isAnswered { answers = count }
  }

  private static func frame(
    _ rooms: UnsafeMutablePointer<UInt8>, _ index: UInt64
  ) -> UnsafeMutablePointer<sortie_io_frame> {
    let start = UnsafeMutableRawPointer(
      rooms + (Int(index) &* stride &+ headerOffset &+ headerBytes))
    return start.assumingMemoryBound(to: sortie_io_frame.self)
  }
}
