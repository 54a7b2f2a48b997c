// A libFuzzer target for what reads the kernel's buffers, compiled into one module with those sources of SortieProbes.
import Glibc
import SortieTrace

/// Text of a file below `SORTIE_RECORDED`, the directory of what was recorded on two kernels.
private func recorded(_ name: String) -> String {
  guard let root = getenv("SORTIE_RECORDED"), let file = fopen(String(cString: root) + "/" + name, "r") else {
    fatalError("SORTIE_RECORDED has no \(name)")
  }
  defer { fclose(file) }
  var bytes = [UInt8](repeating: 0, count: EventFormat.longestText)
  let count = fread(&bytes, 1, bytes.count, file)
  return String(decoding: bytes[..<count], as: UTF8.self)
}

/// The layouts of a kernel, and the rows that its events are read into.
private struct Kernel {
  let page: RingBufferLayout
  let decoder: KernelEventDecoder

  init(_ name: String) throws {
    page = try RingBufferLayout(recorded(name + "/header_page"))
    let layouts = try KernelEvent.all.map { event in
      let file = event.name.split(separator: "/").last.map { String($0) } ?? ""
      return EventLayout(event, try EventFormat(recorded("\(name)/formats/\(file)")), row: row(of: event))
    }
    guard let decoder = KernelEventDecoder(layouts) else { fatalError("the layouts of \(name) disagree") }
    self.decoder = decoder
    decoder.threads = [TracedThread(id: 1, vm: 0, vcpu: 0)]
  }
}

private func row(of event: KernelEvent) -> [ColumnID] {
  event.isScheduler ? KernelRows.scheduler : KernelRows.kernel
}

private func needed<Value>(_ make: () throws -> Value) -> Value {
  do { return try make() } catch { fatalError("\(error)") }
}

nonisolated(unsafe) private let kernels = ["linux-6.1", "linux-6.18"].map { name in
  needed { try Kernel(name) }
}
nonisolated(unsafe) private let kernelRows = needed { try KernelRows(KernelRows.kernel) }
nonisolated(unsafe) private let schedulerRows = needed { try KernelRows(KernelRows.scheduler) }

/// Reads `bytes` as a sub-buffer, in memory of just its size. Whatever they are, this ends: within the page, and with at
/// most an event for each word of it.
private func decode(_ bytes: ArraySlice<UInt8>, _ layout: RingBufferLayout, _ decoder: KernelEventDecoder) {
  let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: layout.pageSize, alignment: 8)
  defer { memory.deallocate() }
  memory.initializeMemory(as: UInt8.self, repeating: 0)
  memory.copyBytes(from: bytes.prefix(layout.pageSize))
  guard var page = try? RingBufferPage(UnsafeRawBufferPointer(memory), layout: layout) else { return }
  while decoder.decode(&page, kernel: kernelRows, scheduler: schedulerRows) == .full { takeRows(layout) }
  takeRows(layout)
  _ = decoder.takeNamedThreads()
}

private func takeRows(_ layout: RingBufferLayout) {
  let count = kernelRows.count + schedulerRows.count
  precondition(count <= layout.dataSize / 4)
  precondition(kernelRows.take().count + schedulerRows.take().count == count)
}

/// The first byte chooses how the rest is used: as a sub-buffer of either kernel, as the same with a length that fits,
/// as the text of a page header, or as the text of an event's format, a zero byte, and a sub-buffer with such events.
func fuzzRingBuffer(_ bytes: UnsafeRawBufferPointer) {
  let input = Array(bytes)
  guard let mode = input.first else { return }
  let kernel = kernels[Int(mode >> 2 & 1)]
  var bytes = input.dropFirst()
  switch mode & 3 {
  case 0: decode(bytes, kernel.page, kernel.decoder)
  case 1:
    guard bytes.count >= kernel.page.dataOffset else { return }
    let length = UInt16(min(bytes.count - kernel.page.dataOffset, kernel.page.dataSize))
    let commit = bytes.startIndex + kernel.page.commitOffset
    (bytes[commit], bytes[commit + 1], bytes[commit + 2]) = (UInt8(length & 0xff), UInt8(length >> 8), 0)
    decode(bytes, kernel.page, kernel.decoder)
  case 2: _ = try? RingBufferLayout(String(decoding: bytes, as: UTF8.self))
  default:
    let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    guard let format = try? EventFormat(String(decoding: parts[0], as: UTF8.self)), parts.count == 2 else {
      return
    }
    for event in KernelEvent.all where event.name.hasSuffix("/" + format.name) {
      guard let decoder = KernelEventDecoder([EventLayout(event, format, row: row(of: event))]) else {
        continue
      }
      decode(parts[1], kernel.page, decoder)
    }
  }
}
