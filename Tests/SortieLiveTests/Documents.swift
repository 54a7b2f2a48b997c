/// `sortie report --json`, as far as it is tested here.
struct ReportDocument: Decodable {
  struct Attribute: Decodable {
    let name: String
    let value: String
  }

  struct Totals: Decodable {
    let roundTrips: UInt64
    let heavy: UInt64
    let kicks: UInt64
    let coalesced: UInt64
    let operations: UInt64
    let episodes: UInt64?
    let light: UInt64?
    let lost: UInt64
    let lossesOfUnknownCount: UInt64
    let leftOutEvents: UInt64
    let leftOutOperations: UInt64
    let cutEvents: UInt64
    let unknown: UInt64
    let inversions: UInt64
    let unstamped: UInt64
  }

  struct Cycles: Decodable {
    let timed: UInt64
    let sum: UInt64?
    let p50: UInt64?
    let p90: UInt64?
    let p99: UInt64?
    let p999: UInt64?
    let max: UInt64?
  }

  struct Part: Decodable {
    let meanCycles: Double?
    let p50Cycles: UInt64?
  }

  struct Split: Decodable {
    let operations: UInt64
    let guestToHost: Part
    let vmm: Part
    let hostToGuest: Part
  }

  struct Site: Decodable {
    let reason: String
    let site: String
    let `class`: String
    let tier: String
    let interval: String
    let count: UInt64
    let vcpuTimeShare: Double?
    let cycles: Cycles
    let split: Split?
  }

  struct KernelEvent: Decodable {
    let event: String
    let detail: String
    let count: UInt64
  }

  struct VCPU: Decodable {
    struct Time: Decodable {
      let wallCycles: UInt64
    }

    struct Parts: Decodable {
      let guestCycles: UInt64?
      let kernelCycles: UInt64?
      let undividedCycles: UInt64
      let switchOutCycles: UInt64
      let vmmCycles: UInt64
      let switchInCycles: UInt64
      let blockedCycles: UInt64
      let offCpuCycles: UInt64
    }

    struct Schedstat: Decodable {
      let windowCycles: UInt64
      let onCpuNs: UInt64
      let runDelayNs: UInt64
      let differenceShare: Double?
    }

    let vcpu: UInt32
    let heavy: UInt64
    let time: Time
    let parts: Parts?
    let schedstat: Schedstat?
  }

  struct VM: Decodable {
    struct Operation: Decodable {
      let withRoundTripsCycles: Cycles
      let withoutRoundTripCycles: Cycles
    }

    let vm: UInt32
    let workload: String?
    let attributes: [Attribute]
    let roundTrips: UInt64
    let kicks: UInt64
    let operation: Operation?

    subscript(name: String) -> String? { attributes.first { $0.name == name }?.value }
  }

  struct Check: Decodable {
    let name: String
    let state: String
    let text: String
  }

  struct Verdict: Decodable {
    let holds: Bool
    let checks: [Check]

    subscript(name: String) -> Check? { checks.first { $0.name == name } }
  }

  struct Loss: Decodable {
    let cause: String
    let count: UInt64?
  }

  struct Host: Decodable {
    let emulatedGuestCode: Bool?
    let tscKhz: UInt64?
  }

  let schema: String
  let verdict: Verdict
  let losses: [Loss]
  let host: Host
  let totals: Totals
  let sites: [Site]
  let kernelEvents: [KernelEvent]
  let vcpus: [VCPU]
  let vms: [VM]
}

/// `sortie info --json`, as far as it is tested here.
struct InfoDocument: Decodable {
  struct Stream: Decodable {
    let kind: String?
    let events: UInt64
    let lastTsc: UInt64?
  }

  struct Damage: Decodable {
    let text: String
  }

  let finished: Bool
  let damage: [Damage]
  let tscKhz: UInt64?
  let streams: [Stream]
}

/// A line of `sortie dump --json`.
struct DumpedEvent: Decodable {
  let kind: String
  let vm: UInt32
  let vcpu: UInt32

  // A round trip.
  let `class`: String?
  let reason: String?
  let reasonNumber: UInt32?
  let site: String?
  let u0: UInt64?
  let u1: UInt64?
  let firstEntry: Bool?

  // An operation.
  let hostG0: UInt64?
  let hostG1: UInt64?

  /// Of `KVM_RUN`'s returns, those that the guest caused.
  var isHeavy: Bool { self.class == "heavy" }
  var isKick: Bool { self.class == "kick" }
  /// A write that KVM batched.
  var isCoalesced: Bool { self.class == "light" }
  var isOperation: Bool { kind == "operation" }

  /// `u1 - u0`, cycles.
  var duration: UInt64? {
    guard let u0, let u1 else { return nil }
    return u1 - u0
  }
}

/// A line of `sortie dump --json` about an event of the kernel.
struct DumpedKernelEvent: Decodable {
  let event: String
  let text: String
  let vcpu: UInt32?
}
