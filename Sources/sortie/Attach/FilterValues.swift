import ArgumentParser
import SortieAnalysis
import SortieProbes

/// vCPUs on the command line: `0`, `0,2` or `0-3`.
struct VCPUList {
  let vcpus: Set<UInt32>
  let text: String

  /// Numbers that KVM gives to vCPUs at the most (`KVM_MAX_VCPU_IDS`, arch/x86/include/asm/kvm_host.h).
  private static let most: UInt32 = 16384

  /// - Throws: `ValidationError` that says what would be right.
  init(_ argument: String) throws {
    var vcpus: Set<UInt32> = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let range = NumberRange(part), range.last < UInt64(Self.most) else {
        throw ValidationError("vCPUs by their numbers below \(Self.most), such as 0, 0,2 or 0-3")
      }
      vcpus.formUnion(UInt32(range.first)...UInt32(range.last))
    }
    self.vcpus = vcpus
    text = argument
  }
}

/// Reasons of exits and of round trips on the command line, separated by commas.
struct ReasonList {
  private(set) var hardware: Set<OperationFilter.HardwareReason> = []
  private(set) var roundTrips: Set<UInt32> = []
  let text: String

  /// - Throws: `ValidationError` that says what would be right.
  init(_ argument: String) throws {
    text = argument
    for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let (exits, trip) = Self.reasons(named: String(name))
      guard !exits.isEmpty || trip != nil else {
        throw ValidationError(
          "no exit reason is called \"\(name)\"; names are those that the report prints, such as SVM_EXIT_NPF,"
            + " EXIT_REASON_EPT_VIOLATION or hlt, and KVM_EXIT_IO for round trips")
      }
      hardware.formUnion(
        exits.map { OperationFilter.HardwareReason(isa: $0.isa, number: $0.number) })
      if let trip { roundTrips.insert(trip) }
    }
  }

  private static func reasons(named name: String) -> (exits: [HardwareExitReason], trip: UInt32?) {
    // A bare number means another thing on each vendor's processors.
    let isNumber = name.allSatisfy(\.isNumber)
    return (HardwareExitReason.named(name), isNumber ? nil : KVMExitReason.number(named: name))
  }
}

/// Ports on the command line: `0x60` or `0x60-0x64`.
struct PortRange {
  let ports: ClosedRange<UInt16>
  let text: String

  /// - Throws: `ValidationError` that says what would be right.
  init(_ argument: String) throws {
    guard let range = NumberRange(argument[...]), let first = UInt16(exactly: range.first),
      let last = UInt16(exactly: range.last)
    else { throw ValidationError("a port up to 0xffff or a range of them, such as 0x60 or 0x60-0x64") }
    ports = first...last
    text = argument
  }
}

/// Guest physical addresses on the command line: `0xfee00000` or `0xfed00000-0xfed003ff`.
struct AddressRange {
  let addresses: ClosedRange<UInt64>
  let text: String

  /// - Throws: `ValidationError` that says what would be right.
  init(_ argument: String) throws {
    guard let range = NumberRange(argument[...]) else {
      throw ValidationError(
        "an address or a range of them, the lower one first, such as 0xfed00000-0xfed003ff")
    }
    addresses = range.first...range.last
    text = argument
  }
}

/// A duration on the command line: `20us`, `500ns`, `5ms`, `1s`, or `50000cycles`.
struct LeastDuration {
  private enum Length {
    case seconds(Double)
    case cycles(UInt64)
  }

  private let length: Length
  let text: String

  /// - Throws: `ValidationError` that says what would be right.
  init(_ argument: String) throws {
    text = argument
    let digits = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let problem = ValidationError("a time above 0 with its unit, such as 20us, 5ms or 50000cycles")
    guard let number = Double(digits), number > 0, number < 1e18 else { throw problem }
    switch argument.dropFirst(digits.count) {
    case "s": length = .seconds(number)
    case "ms": length = .seconds(number / 1e3)
    case "us", "µs": length = .seconds(number / 1e6)
    case "ns": length = .seconds(number / 1e9)
    case "cycles", "c":
      guard let cycles = UInt64(digits) else { throw problem }
      length = .cycles(cycles)
    default: throw problem
    }
  }

  /// The same in cycles.
  ///
  /// - Throws: ``Failure`` where the TSC's frequency would have to be known and is not.
  func cycles(tscKilohertz: () throws(Failure) -> UInt64) throws(Failure) -> UInt64 {
    switch length {
    case .cycles(let cycles): return cycles
    case .seconds(let seconds):
      let kilohertz = try tscKilohertz()
      guard kilohertz > 0 else {
        throw Failure(
          "--min-duration \(text): the TSC's frequency is not known on this host; give cycles, such as 50000cycles",
          status: .unsupportedHere)
      }
      return UInt64(min((seconds * Double(kilohertz) * 1000).rounded(.up), 0x1p62))
    }
  }
}

/// A number or a range of numbers, decimal or hexadecimal with `0x`.
private struct NumberRange {
  let first: UInt64
  let last: UInt64

  init?(_ text: Substring) {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(Self.number)
    guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last else {
      return nil
    }
    (self.first, self.last) = (first, last)
  }

  private static func number(_ text: Substring) -> UInt64? {
    let isHexadecimal = text.hasPrefix("0x") || text.hasPrefix("0X")
    let digits = isHexadecimal ? text.dropFirst(2) : text
    // A sign would be taken too.
    guard digits.first?.isHexDigit == true else { return nil }
    return UInt64(digits, radix: isHexadecimal ? 16 : 10)
  }
}
