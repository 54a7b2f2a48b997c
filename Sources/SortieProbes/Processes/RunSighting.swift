/// A thread that was seen to run a vCPU, in the text of a trace instance (Documentation/trace/ftrace.rst, "trace").
struct RunSighting: Equatable {
  /// Kernel id.
  var thread: UInt32
  /// The vCPU's number, as `kvm_entry` says it; nil: see `descriptor`.
  var vcpu: UInt32?
  /// The descriptor that `KVM_RUN` was called with; nil: see `vcpu`.
  var descriptor: Int32?

  /// The sightings in `text`, each once: lines such as
  /// `CPU 0/KVM-1234 [001] d..2. 987654: kvm_entry: vcpu 0, rip 0x…` and
  /// `vmm-1234 [000] ..... 987654: sys_enter: NR 16 (1d, ae80, 0, 0, 0, 0)`.
  static func all(in text: String) -> [RunSighting] {
    var found: [RunSighting] = []
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      if let sighting = RunSighting(line), !found.contains(sighting) { found.append(sighting) }
    }
    return found
  }

  init(thread: UInt32, vcpu: UInt32? = nil, descriptor: Int32? = nil) {
    self.thread = thread
    self.vcpu = vcpu
    self.descriptor = descriptor
  }

  private init?(_ line: Substring) {
    // A thread's name may hold anything; its id ends at the blanks before the CPU in brackets.
    guard let bracket = line.firstRange(of: " ["), let thread = Self.thread(line[..<bracket.lowerBound])
    else {
      return nil
    }
    let event = line[bracket.upperBound...]
    if let entry = event.firstRange(of: ": kvm_entry: vcpu ") {
      guard let vcpu = UInt32(event[entry.upperBound...].prefix { $0.isNumber }) else { return nil }
      self.init(thread: thread, vcpu: vcpu)
    } else if let call = event.firstRange(of: ": sys_enter: NR \(WaitingCall.ioctl) (") {
      let words = event[call.upperBound...].prefix { $0 != ")" }.split(separator: ",").map {
        UInt64($0.drop { $0 == " " }, radix: 16)
      }
      guard words.count >= 2, words[1] == WaitingCall.run,
        let descriptor = words[0].flatMap(Int32.init(exactly:))
      else { return nil }
      self.init(thread: thread, descriptor: descriptor)
    } else {
      return nil
    }
  }

  private static func thread(_ text: Substring) -> UInt32? {
    let trimmed = text.reversed().drop { $0 == " " }
    let digits = trimmed.prefix { $0.isNumber }
    guard trimmed.dropFirst(digits.count).first == "-" else { return nil }
    return UInt32(String(digits.reversed()))
  }
}
