public import GuestABI

/// A network card by one of its drivers. It has a frame to send, and room for one to receive, for each of the operations
/// that are under way at once.
public protocol NetworkCard {
  /// The frame that the operation at `index` sends.
  func frame(_ index: UInt64) -> UnsafeMutablePointer<sortie_io_frame>

  /// Sends the frames of `count` operations, and returns when they are gone, or where they are answered, when all answers
  /// have come; where none are sent, when so many have come. Room for what came before is the card's again.
  mutating func exchange(count: UInt64)

  /// The frame that came for the operation at `index`.
  func answer(_ index: UInt64) -> UnsafeMutablePointer<sortie_io_frame>
}

/// What a network card is to do.
public struct NetworkSettings {
  /// Operations at once.
  public let depth: UInt64
  /// Bytes of a frame.
  public let bytes: UInt64
  /// Frames are sent.
  public let isSent: Bool
  /// Frames come: answers, or where none are sent, as many as there is room for.
  public let isAnswered: Bool
}

extension Guest {
  /// Performs the plan on a network card, with stamps around each operation, or each batch of those that are under way at
  /// once. Data are made and summed outside of the stamps.
  @inline(__always)
  public func perform<C: NetworkCard>(
    _ makeCard: (_ settings: NetworkSettings, _ memory: inout IOMemory) -> C
  ) {
    let plan = info.pointee.io
    let settings = NetworkSettings(
      depth: UInt64(plan.depth), bytes: UInt64(plan.bytes), isSent: plan.write_percent > 0,
      isAnswered: plan.write_percent < 100)
    let words = sortie_io_frame_words(settings.bytes)
    var memory = IOMemory(info.pointee)
    let checksums = memory.take(UInt64.self, count: plan.operations)
    var card = makeCard(settings, &memory)

    var first: UInt64 = 0
    var checksum = UInt64(SORTIE_IO_CHECKSUM_START)
    func prepare() {
      guard settings.isSent else { return }
      for index in 0..<settings.depth {
        let frame = card.frame(index)
        frame.pointee.destination = (0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
        frame.pointee.source = (0x02, 0, 0, 0, 0, 1)
        frame.pointee.type = UInt16(SORTIE_IO_ETHER_TYPE)
        frame.pointee.number = first &+ index
        sortie_io_fill_words(data(of: frame), words, sortie_io_frame_word(plan.seed, first &+ index))
      }
    }
    func finish() {
      for index in 0..<settings.depth {
        if settings.isAnswered {
          let answer = card.answer(index)
          if answer.pointee.number != first &+ index {
            fail("a frame was lost, or overtook another", SORTIE_EXIT_CHECK_FAILED)
          }
          checksum = sortie_io_checksum_words(checksum, data(of: answer), words)
        }
        checksums[Int(first &+ index)] = checksum
      }
      first &+= settings.depth
    }

    prepare()
    measure(
      plan.operations / settings.depth,
      advance: {
        finish()
        if first != plan.operations { prepare() }
      }
    ) {
      card.exchange(count: settings.depth)
    }
  }

  /// What stands behind the header.
  @inline(__always) @usableFromInline
  func data(of frame: UnsafeMutablePointer<sortie_io_frame>) -> UnsafeMutablePointer<UInt64> {
    UnsafeMutableRawPointer(frame + 1).assumingMemoryBound(to: UInt64.self)
  }
}
