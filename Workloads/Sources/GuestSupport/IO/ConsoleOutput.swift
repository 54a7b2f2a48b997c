public import GuestABI

/// A console by one of its drivers.
public protocol ConsoleOutput {
  /// Sends `count` characters, and returns when the device has all of them.
  func send(_ characters: UnsafeMutablePointer<UInt8>, count: UInt64)
}

extension Guest {
  /// Performs the plan on a console, with stamps around each operation: a chunk of characters, made outside of the stamps.
  @inline(__always)
  public func perform<C: ConsoleOutput>(_ makeConsole: (_ memory: inout IOMemory) -> C) {
    let plan = info.pointee.io
    let count = UInt64(plan.bytes)
    var memory = IOMemory(info.pointee)
    let characters = memory.take(UInt8.self, count: count)
    let console = makeConsole(&memory)
    var sent: UInt64 = 0
    func prepare() {
      for index in 0..<count { characters[Int(index)] = sortie_io_character(plan.seed, sent &+ index) }
      sent &+= count
    }
    prepare()
    measure(plan.operations, advance: prepare) { console.send(characters, count: count) }
  }
}
