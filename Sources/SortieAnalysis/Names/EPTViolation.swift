/// The exit qualification of an EPT violation in words (Intel SDM volume 3, table 28-7).
enum EPTViolation {
  /// What tells two violations apart: not bits 9 to 11 (of the linear address's own page, where the processor says that
  /// at all), bit 12 (NMI unblocking) and what is reserved.
  static func distinct(_ qualification: UInt64) -> UInt64 { qualification & 0x1_e1ff }

  /// `write, not present`; `fetch, readable, writable, page-table walk`.
  static func text(_ qualification: UInt64) -> String {
    func has(_ bit: UInt64) -> Bool { qualification & 1 << bit != 0 }
    var words = accesses.filter { has($0.bit) }.map(\.name)
    if words.isEmpty { words = ["no access"] }
    let rights = self.rights.filter { has($0.bit) }.map(\.name)
    words += rights.isEmpty ? ["not present"] : rights
    if has(7) {
      if !has(8) { words.append("page-table walk") }
    } else {
      words.append("no linear address")
    }
    words += flags.filter { has($0.bit) }.map(\.name)
    let unnamed = qualification & ~0x1_ffff
    if unnamed != 0 { words.append("bits \(hexadecimal(unnamed))") }
    return words.joined(separator: ", ")
  }

  private typealias Name = (bit: UInt64, name: String)

  private static let accesses: [Name] = [(0, "read"), (1, "write"), (2, "fetch")]
  private static let rights: [Name] = [
    (3, "readable"), (4, "writable"), (5, "executable"), (6, "user-executable"),
  ]
  private static let flags: [Name] = [
    (13, "shadow stack"), (14, "supervisor shadow stack"), (15, "guest-paging verification"),
    (16, "asynchronous"),
  ]
}
