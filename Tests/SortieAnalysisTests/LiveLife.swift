import SortieAnalysis
import SortieTrace
import TraceFixtures

/// The life of a vCPU thread under a machine monitor of its own, for whoever looks at it while it runs.
enum LiveLife {
  static let run = KernelFixture.Kind.call(16, 0xae80)
  static let io: UInt32 = 2

  /// A thread's life of heavy and light exits and kicks, with switches, halts and other calls, that ends in the guest.
  static func life(_ random: inout SeededGenerator, exits: Int) -> [KernelFixture] {
    var (tsc, events): (UInt64, [KernelFixture]) = (100, [KernelFixture(100, run)])
    func add(_ kind: KernelFixture.Kind) {
      tsc += UInt64.random(in: 1...200, using: &random)
      events.append(KernelFixture(tsc, kind))
    }
    add(.load)
    add(.entry)
    for _ in 0..<exits {
      if Int.random(in: 0..<3, using: &random) == 0 {
        add(.exit(0x78))
        add(.leave(to: 5, state: 1))
        add(.arrive(from: 5))
        add(.entry)
        continue
      }
      let port = UInt64.random(in: 0x10...0x13, using: &random)
      add(.exit(0x7b, info1: port << 16 | 0x10))
      if Bool.random(using: &random) {
        add(.leave(to: 5, state: 0))
        add(.arrive(from: 5))
      }
      for _ in 0..<Int.random(in: 0...2, using: &random) {
        add(.unload)
        add(.leaves(io))
        add(.called(Int.random(in: 0..<5, using: &random) == 0 ? -4 : 0))
        if Bool.random(using: &random) {
          add(.call(202))
          add(.leave(to: 5, state: 1))
          add(.arrive(from: 5))
          add(.called(0))
        }
        add(run)
        add(.load)
      }
      add(.entry)
    }
    return events
  }

  /// What a trace of the events says; `cpus`: which of them came from which CPU.
  static func recorded(_ cpus: [[KernelFixture]], losses: [ClosedRange<UInt64>] = []) -> Analysis {
    var trace = MemoryTrace()
    var stream: StreamID?
    for (cpu, events) in cpus.enumerated() { stream = trace.add(events, cpu: UInt32(cpu), blockSize: 7) }
    if let stream {
      for loss in losses { trace.addLoss(stream, loss.lowerBound, loss.upperBound, .kernelOverrun) }
    }
    trace.setThread(1000)
    trace.addVCPU()
    return analyze(trace)
  }

  static func observing() -> LiveAnalysis {
    let live = LiveAnalysis(
      formats: KernelFixture.allFormats, tscKilohertz: 1_000_000, reportsExits: true)
    live.observe(thread: 1000, vm: 0, vcpu: 0)
    return live
  }

  static func split(_ events: [KernelFixture], _ random: inout SeededGenerator) -> [[KernelFixture]] {
    var cpus: [[KernelFixture]] = [[], [], []]
    for event in events { cpus[Int.random(in: 0..<3, using: &random)].append(event) }
    return cpus
  }

  /// Hands over all events between two stamps, CPU by CPU, in looks of random length, and takes one interval.
  static func feed(
    _ cpus: [[KernelFixture]], from first: UInt64, to last: UInt64, _ live: LiveAnalysis,
    _ random: inout SeededGenerator
  ) {
    var start = first
    while start < last {
      let end = min(last, start + UInt64.random(in: 1...3000, using: &random))
      for events in cpus { KernelFixture.hand(events.filter { (start..<end).contains($0.tsc) }, to: live) }
      live.advance(to: end)
      start = end
    }
  }
}
