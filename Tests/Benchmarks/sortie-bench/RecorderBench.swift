import CLinuxKVM
import Glibc
import SortieTrace
import SystemPackage

/// What is lost when four vCPUs together push `rate` round trips a second into their rings, and how much of a core the
/// recorder's thread takes to write them. The caller confines this process to one core, which the recorder's thread
/// inherits; the thread that pushes takes the last core of the host.
func measureRecorder(_ recording: String, into path: String, rate: Int, seconds: Int) throws(TraceError) {
  let source = try RecordedEvents(recording)
  let recorder = try TraceRecorder(try source.makeWriter(path))
  var vcpus: [PushingVCPU] = []
  for index in 0..<4 {
    let stream = StreamID(rawValue: 1000 + UInt32(index))
    let ring = try RecordRing<RoundTripRecord>(capacity: 1 << 15)
    recorder.submit { (writer) throws(TraceError) in
      try writer.append(rows: [
        StreamRow(stream: stream, kind: .vmm, clock: .hostTSC, vm: 0, vcpu: UInt32(index))
      ])
    }
    recorder.add(ring, stream: stream)
    vcpus.append(PushingVCPU(ring, source))
  }
  let load = PacedLoad(vcpus: vcpus, rate: rate, seconds: seconds)
  let start = processorSeconds()
  try load.run(cpu: max(0, Int32(sysconf(Int32(_SC_NPROCESSORS_ONLN))) - 1))
  try recorder.finish()
  let spent = processorSeconds() - start - load.processorSeconds
  let lost = recorder.progress.drops
  figure(
    "offered by four vCPUs for \(seconds) s", Double(load.pushed) / load.elapsed / 1e6, digits: 2,
    "M events/s")
  figure("lost of them", "\(lost)", "events")
  figure("of one core, recorder's thread", 100 * spent / load.elapsed, digits: 0, "%")
}

/// One vCPU's end of a ring, and the recorded round trips that it pushes over and over.
private final class PushingVCPU {
  private var producer: RingProducer<RoundTripRecord>
  private let source: RecordedEvents
  private var next = 0
  private var shift: UInt64 = 0

  init(_ ring: RecordRing<RoundTripRecord>, _ source: RecordedEvents) {
    producer = ring.makeProducer()
    self.source = source
  }

  func push(_ count: Int) {
    for _ in 0..<count {
      let record = source.roundTrips[next].shifted(by: shift)
      producer.push(record, tsc: record.u1)
      next += 1
      if next == source.roundTrips.count {
        next = 0
        shift &+= source.length
      }
    }
  }
}

/// Pushes at a steady rate, a millisecond's worth at a time, on a thread of its own.
private final class PacedLoad {
  private let vcpus: [PushingVCPU]
  private let rate: Int
  private let seconds: Int
  /// Round trips pushed, lost or not.
  private(set) var pushed = 0
  /// Seconds that pushing took.
  private(set) var elapsed = 0.0
  /// Seconds of processor time that pushing took.
  private(set) var processorSeconds = 0.0

  init(vcpus: [PushingVCPU], rate: Int, seconds: Int) {
    self.vcpus = vcpus
    self.rate = rate
    self.seconds = seconds
  }

  /// Runs on host CPU `cpu` until it is done.
  func run(cpu: Int32) throws(TraceError) {
    var thread = pthread_t()
    let context = Unmanaged.passUnretained(self)
    let error = sortie_thread_start(
      &thread, cpu,
      { context in
        guard let context else { return nil }
        Unmanaged<PacedLoad>.fromOpaque(context).takeUnretainedValue().push()
        return nil
      }, context.toOpaque())
    guard error == 0 else { throw .thread(Errno(rawValue: error)) }
    _ = sortie_thread_join(thread)
  }

  private func push() {
    let slot = 0.001
    let share = rate / 1000 / vcpus.count
    let start = monotonicSeconds()
    let processor = threadSeconds()
    var due = start
    for _ in 0..<seconds * 1000 {
      for vcpu in vcpus { vcpu.push(share) }
      pushed += share * vcpus.count
      due += slot
      var now = monotonicSeconds()
      // A vCPU that was kept from running does not make up for it.
      if now - due > 2 * slot { due = now }
      while now < due { now = monotonicSeconds() }
    }
    elapsed = monotonicSeconds() - start
    processorSeconds = threadSeconds() - processor
  }
}
