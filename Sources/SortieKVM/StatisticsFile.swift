internal import CLinuxKVM
internal import Glibc

/// The statistics descriptor of a VM or a vCPU, with what it says about itself
/// (Documentation/virt/kvm/api.rst, KVM_GET_STATS_FD).
public struct StatisticsFile: ~Copyable, Sendable {
  private let descriptor: OwnedDescriptor
  /// The statistics in the file, as its own descriptors declare them.
  public let layout: StatisticsLayout

  init(of owner: Int32, subject: String) throws(KVMError) {
    let opened = try control(
      owner, SORTIE_KVM_GET_STATS_FD, "KVM_GET_STATS_FD of \(subject)",
      hint: "Linux 5.14 and later have it, see KVM_CAP_BINARY_STATS_FD")
    let owned = OwnedDescriptor(opened)
    layout = try StatisticsFile.layout(opened, subject: subject)
    descriptor = owned
  }

  private static func layout(_ opened: Int32, subject: String) throws(KVMError) -> StatisticsLayout {
    do {
      let header = try read(opened, from: 0, count: Int(SORTIE_STATS_HEADER_SIZE))
      let size = try StatisticsLayout.metadataSize(header: header)
      return try StatisticsLayout(parsing: read(opened, from: 0, count: size))
    } catch {
      throw KVMError(operation: "statistics of \(subject)", errno: 0, hint: error.description)
    }
  }

  /// The values at this moment.
  ///
  /// - Throws: `StatisticsError` when the file is shorter than its descriptors say.
  public func snapshot() throws(StatisticsError) -> StatisticsSnapshot {
    let data = try StatisticsFile.read(
      descriptor.rawValue, from: layout.dataOffset, count: layout.dataSize)
    return try StatisticsSnapshot(layout: layout, data: data)
  }

  private static func read(_ descriptor: Int32, from offset: Int, count: Int) throws(StatisticsError)
    -> [UInt8]
  {
    var got = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      while got < count, let base = buffer.baseAddress {
        let step = pread(descriptor, base + got, count - got, off_t(offset + got))
        if step < 0, errno == EINTR { continue }
        if step <= 0 { break }
        got += step
      }
      initialized = got
    }
    guard got == count else {
      throw StatisticsError(offset: offset + got, reason: "the file ends, \(count - got) bytes are missing")
    }
    return bytes
  }
}
