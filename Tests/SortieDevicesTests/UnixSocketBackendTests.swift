import Glibc
import SortieDevices
import Testing

/// Two ends of a cable in one process.
@Suite struct UnixSocketBackendTests {
  private let path = "/tmp/sortie-net-\(getpid())-\(UInt32.random(in: 0...(.max)))"

  @Test func framesPassInBothDirectionsWithTheirBounds() throws {
    let first = try UnixSocketBackend(path: path)
    let second = try UnixSocketBackend(path: path)
    #expect(second.send([1, 2, 3]) == .sent)
    #expect(second.send([4]) == .sent)
    #expect(first.receive() == [1, 2, 3])
    #expect(first.receive() == [4])
    #expect(first.receive() == nil)
    let long = [UInt8](repeating: 7, count: 1518)
    #expect(first.send(long) == .sent)
    #expect(second.receive() == long)
  }

  @Test func theLinkIsUpWhileTheOtherEndIsThere() throws {
    let first = try UnixSocketBackend(path: path)
    #expect(!first.isLinkUp)
    #expect(first.send([1]) == .dropped)
    var second: UnixSocketBackend? = try UnixSocketBackend(path: path)
    #expect(second?.isLinkUp == true)
    #expect(first.receive() == nil)
    #expect(first.isLinkUp)
    second = nil
    #expect(first.send([1]) == .dropped)
    #expect(!first.isLinkUp)
    let third = try UnixSocketBackend(path: path)
    #expect(third.send([9]) == .sent)
    #expect(first.receive() == [9])
    #expect(first.isLinkUp)
  }

  @Test func theLinkIsNoticedWithoutTakingAFrame() throws {
    let first = try UnixSocketBackend(path: path)
    var second: UnixSocketBackend? = try UnixSocketBackend(path: path)
    first.updateLink()
    #expect(first.isLinkUp)
    #expect(second?.send([1]) == .sent)
    second = nil
    first.updateLink()
    #expect(first.isLinkUp, "a frame is still there")
    #expect(first.receive() == [1])
    first.updateLink()
    #expect(!first.isLinkUp)
  }

  @Test func whoIsLeftListensForTheNext() throws {
    var first: UnixSocketBackend? = try UnixSocketBackend(path: path)
    let second = try UnixSocketBackend(path: path)
    #expect(first?.receive() == nil)
    first = nil
    #expect(second.receive() == nil)
    #expect(!second.isLinkUp)
    let third = try UnixSocketBackend(path: path)
    #expect(third.send([3]) == .sent)
    #expect(second.receive() == [3])
    #expect(second.isLinkUp)
  }

  @Test func aThirdWaitsUntilTheSecondGoes() throws {
    let first = try UnixSocketBackend(path: path)
    var second: UnixSocketBackend? = try UnixSocketBackend(path: path)
    #expect(second?.send([2]) == .sent)
    #expect(first.receive() == [2])
    let third = try UnixSocketBackend(path: path)
    #expect(third.send([3]) == .sent)
    #expect(first.receive() == nil)
    second = nil
    #expect(first.receive() == [3])
  }

  @Test func aFrameLongerThanTheBufferIsGone() throws {
    let first = try UnixSocketBackend(path: path)
    let second = try UnixSocketBackend(path: path)
    _ = second.send([UInt8](repeating: 1, count: 11))
    _ = second.send([2])
    var buffer = [UInt8](repeating: 0, count: 10)
    #expect(buffer.withUnsafeMutableBytes { first.receive(into: $0) } == .oversized)
    #expect(first.receive() == [2])
  }

  @Test func afterAFullSendTheDescriptorTellsOfRoom() throws {
    let first = try UnixSocketBackend(path: path)
    let second = try UnixSocketBackend(path: path)
    let watch = EdgeWatch(second.pollDescriptor)
    _ = watch.fired()
    let frame = [UInt8](repeating: 1, count: 1500)
    var sent = 0
    while second.send(frame) == .sent { sent += 1 }
    #expect(sent > 10)
    #expect(second.send(frame) == .full)
    #expect(!watch.fired())
    for _ in 0..<sent { #expect(first.receive() == frame) }
    #expect(watch.fired())
    #expect(second.send(frame) == .sent)
  }

  @Test func theDescriptorTellsOnceOfFramesAndOfTheOtherEnd() throws {
    let first = try UnixSocketBackend(path: path)
    let watch = EdgeWatch(first.pollDescriptor)
    #expect(!watch.fired())
    var second: UnixSocketBackend? = try UnixSocketBackend(path: path)
    #expect(watch.fired())
    #expect(first.receive() == nil)
    _ = watch.fired()
    for round in UInt8(1)...3 {
      #expect(second?.send([round]) == .sent)
      #expect(watch.fired())
      #expect(!watch.fired())
      #expect(first.receive() == [round])
      #expect(first.receive() == nil)
    }
    second = nil
    #expect(watch.fired())
    #expect(!watch.fired(), "a hang-up is told once")
  }

  @Test func aSocketOfAKilledGuestIsReplaced() throws {
    let left = path + "-left"
    do {
      let killed = try UnixSocketBackend(path: path)
      #expect(link(path, left) == 0)
      withExtendedLifetime(killed) {}
    }
    #expect(access(left, F_OK) == 0)
    let first = try UnixSocketBackend(path: left)
    let second = try UnixSocketBackend(path: left)
    #expect(second.send([1]) == .sent)
    #expect(first.receive() == [1])
  }

  @Test func theSocketIsRemovedWithItsListener() throws {
    do { _ = try UnixSocketBackend(path: path) }
    #expect(access(path, F_OK) != 0)
  }

  @Test func whatElseLiesAtThePathIsLeftAloneAndNamed() throws {
    let file = open(path, O_CREAT | O_WRONLY, 0o600)
    close(file)
    defer { unlink(path) }
    let error = #expect(throws: HostError.self) { try UnixSocketBackend(path: path) }
    #expect(error?.errno == ENOTSOCK)
    #expect(error?.description.contains(path) == true)
    #expect(access(path, F_OK) == 0)
  }

  @Test func aPathThatCannotBeIsRefused() {
    let long = #expect(throws: HostError.self) {
      try UnixSocketBackend(path: "/tmp/" + String(repeating: "a", count: 103))
    }
    #expect(long?.errno == ENAMETOOLONG)
    let missing = #expect(throws: HostError.self) { try UnixSocketBackend(path: "/nowhere/socket") }
    #expect(missing?.errno == ENOENT)
  }
}
