import Glibc
import SortieDevices
import Testing

/// The two ends of a tap interface, the card's being a ``TapBackend``.
@Suite(.serialized) struct TapHostEndTests {
  private static let type: UInt16 = 0x88b5
  private let interface = "srh\(getpid() % 100_000)"

  /// The next frame at the host's end, for which it waits two seconds at most.
  private func frame(at end: TapHostEnd) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 2000)
    for _ in 0..<2000 {
      if case .frame(let count) = buffer.withUnsafeMutableBytes({ end.receive(into: $0) }) {
        return Array(buffer[..<count])
      }
      usleep(1000)
    }
    return nil
  }

  @Test(.needsTap)
  func framesOfItsTypeComeToTheHostInOrderAndNoOthers() throws {
    let tap = try TapBackend(interface: interface)
    let end = try TapHostEnd(tap, type: Self.type)
    for number in UInt8(1)...100 {
      var other = testFrame([number])
      other[13] ^= 1
      #expect(tap.send(other) == .sent)
      #expect(tap.send(testFrame([number] + [UInt8](repeating: 7, count: 1497))) == .sent)
    }
    for number in UInt8(1)...100 { #expect(frame(at: end)?[14] == number) }
  }

  @Test(.needsTap)
  func theCardReceivesWhatIsSentThereAndNothingElseOfTheHost() throws {
    let tap = try TapBackend(interface: interface)
    let end = try TapHostEnd(tap, type: Self.type)
    // What a host says of itself on a new interface, its IPv6 above all.
    usleep(300_000)
    while tap.receive() != nil {}
    for number in UInt8(1)...100 {
      var frame = testFrame([number] + [UInt8](repeating: 9, count: 99))
      #expect(frame.withUnsafeMutableBytes { end.send($0) })
    }
    for number in UInt8(1)...100 {
      let frame = try #require(tap.wait { _ in true })
      #expect(frame[14] == number && frame.count == 114)
    }
    #expect(tap.receive() == nil)
  }

  @Test(.needsTap)
  func whatIsShorterThanAHeaderIsNotSent() throws {
    let end = try TapHostEnd(try TapBackend(interface: interface), type: Self.type)
    var short = [UInt8](repeating: 0, count: 13)
    #expect(!short.withUnsafeMutableBytes { end.send($0) })
  }
}
