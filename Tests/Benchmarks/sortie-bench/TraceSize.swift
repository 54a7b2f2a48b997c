import SortieTrace
import SystemPackage

/// Bytes of a recording for each heavy exit: of its VMM blocks, of the guest's stamps, of the kernel's, and of all there is
/// in the file.
func measureSize(of path: String) throws(TraceError) {
  let trace = try TraceFile(path: FilePath(path))
  guard trace.isComplete else { throw .invalidRows("\(path) is not whole") }
  var kinds: [StreamID: StreamKind] = [:]
  for row in try trace.rows(StreamRow.self) { kinds[row.stream] = row.kind }
  var bytes: [StreamKind: UInt64] = [:]
  var rows: [StreamKind: Int] = [:]
  for block in trace.blocks {
    guard let kind = block.stream.flatMap({ kinds[$0] }) else { continue }
    bytes[kind, default: 0] += block.length
    rows[kind, default: 0] += block.rows
  }
  // The first record of a stream is an entry without an exit.
  let exits = (rows[.vmm] ?? 0) - kinds.values.count { $0 == .vmm }
  guard exits > 0 else { throw .invalidRows("\(path) holds no exit") }
  let vmm = bytes[.vmm] ?? 0
  let guest = bytes[.guest] ?? 0
  figure("heavy exits", "\(exits)", "")
  figure("VMM blocks", Double(vmm) / Double(exits), digits: 2, "B/exit")
  figure("guest stamp blocks", Double(guest) / Double(exits), digits: 2, "B/exit")
  figure("tables, index, header", "\(trace.size - vmm - guest)", "B")
  figure("file without the guest's stamps", Double(trace.size - guest) / Double(exits), digits: 2, "B/exit")
  if let kernel = bytes[.kernel], let events = rows[.kernel] {
    figure("kernel events", Double(events) / Double(exits), digits: 2, "an exit")
    figure("kernel event blocks", Double(kernel) / Double(exits), digits: 2, "B/exit")
    figure(
      "VMM, guest and kernel stamps together", Double(vmm + guest + kernel) / Double(exits), digits: 2,
      "B/exit")
  }
  figure("whole file", Double(trace.size) / Double(exits), digits: 2, "B/exit")
}
