// A libFuzzer target for what reads the files of perf and trace-cmd.
import SortieTrace

/// Reads the events that are about vCPU threads into rows, as an import does.
private final class Rows: ImportVisitor {
  private let decoder: KernelEventDecoder
  private let kernel: KernelRows
  private let scheduler: KernelRows

  init?(_ layouts: [EventLayout]) {
    guard let decoder = KernelEventDecoder(layouts), let kernel = try? KernelRows(KernelRows.kernel),
      let scheduler = try? KernelRows(KernelRows.scheduler)
    else { return nil }
    (self.decoder, self.kernel, self.scheduler) = (decoder, kernel, scheduler)
  }

  func take(_ event: ImportedEvent) {
    if kernel.isFull || scheduler.isFull { takeRows() }
    _ = decoder.take(event.record, at: event.time, kernel: kernel, scheduler: scheduler)
  }

  func lose(cpu: UInt32, count: UInt64?, cause: ImportLoss, fromStart: Bool) {}

  func name(thread: UInt32, process: UInt32?, _ name: String) {}

  func takeRows() {
    let count = kernel.count + scheduler.count
    precondition(kernel.take().count + scheduler.take().count == count)
    _ = decoder.takeNamedThreads()
  }
}

/// A file of perf or trace-cmd, by its first bytes.
func fuzzImport(_ bytes: UnsafeRawBufferPointer) {
  let input = ImportInput(bytes: Array(bytes), path: "input")
  guard let recording = try? ImportFormats.recording(input),
    let events = EventThreads(recording.layouts.layouts)
  else { return }
  let threads = ImportedThreads(events)
  guard (try? recording.visit(threads)) != nil else { return }
  let vms = threads.vms
  precondition(vms.reduce(0) { $0 + $1.threads.count } >= threads.ids.count)
  guard let rows = Rows(recording.layouts.layouts) else { return }
  try? recording.visit(rows)
  rows.takeRows()
}
