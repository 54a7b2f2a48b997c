internal import CLinuxIO
internal import Glibc
internal import GuestABI
internal import SortieDevices
public import SystemPackage

/// An I/O plan performed through an operating system's own driver, on a block device or a file: what a bare-metal guest does
/// with a driver of its own.
public struct PlanOnDevice {
  /// Why it could not be performed.
  public struct Failure: Error, CustomStringConvertible {
    /// What failed, on which file.
    public let description: String

    init(_ what: String, _ path: FilePath, _ code: Int32) {
      description = "\(path): \(what): \(Errno(rawValue: code))"
    }
  }

  private let plan: IOPlan
  private let path: FilePath

  /// `plan`, which is one for a disk, on the device at `path`.
  public init(_ plan: IOPlan, path: FilePath) {
    self.plan = plan
    self.path = path
  }

  /// Makes the file what the plan begins with.
  ///
  /// - Throws: ``Failure``.
  public func fill() throws(Failure) {
    let image = PredictedDisk.initialImage(of: plan)
    let descriptor = open(path.string, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Failure("open", path, errno) }
    defer { close(descriptor) }
    let written = image.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    guard written == image.count * 8 else { throw Failure("write", path, written < 0 ? errno : ENOSPC) }
  }

  /// Performs the plan past the page cache, as many operations at once as its depth says.
  ///
  /// - Returns: the checksum over all data read.
  /// - Throws: ``Failure``.
  public func perform() throws(Failure) -> UInt64 {
    let descriptor = sortie_aio_open(path.string)
    guard descriptor >= 0 else { throw Failure("open", path, -descriptor) }
    defer { close(descriptor) }
    let (bytes, depth) = (Int(plan.bytes), Int(plan.depth))
    let buffers = UnsafeMutableRawBufferPointer.allocate(byteCount: depth * bytes, alignment: 4096)
    defer { buffers.deallocate() }
    var context: UInt64 = 0
    let refusal = sortie_aio_begin(Int32(depth), &context)
    guard refusal == 0 else { throw Failure("io_setup", path, refusal) }
    defer { sortie_aio_end(context) }
    var checksum = IOPlan.noChecksum
    var batch = [sortie_aio_operation](repeating: sortie_aio_operation(), count: depth)
    for first in stride(from: 0, to: plan.operations, by: depth) {
      for place in batch.indices {
        let words = buffers.baseAddress?.advanced(by: place * bytes)
        batch[place] = operation(first + UInt64(place), words, descriptor)
      }
      let error = sortie_aio_perform(context, &batch, Int32(depth))
      guard error == 0 else { throw Failure("submit", path, error) }
      for operation in batch {
        guard operation.result == Int64(bytes) else {
          throw Failure(
            operation.is_write != 0 ? "write" : "read", path,
            operation.result < 0 ? Int32(-operation.result) : EIO)
        }
        if operation.is_write == 0 {
          checksum = sortie_io_checksum(
            checksum, operation.buffer?.assumingMemoryBound(to: UInt64.self), plan.bytes / sectorSize)
        }
      }
    }
    guard fsync(descriptor) == 0 else { throw Failure("fsync", path, errno) }
    return checksum
  }

  private func operation(
    _ index: UInt64, _ words: UnsafeMutableRawPointer?, _ descriptor: Int32
  ) -> sortie_aio_operation {
    let isWrite = sortie_io_is_write(plan.abi, index) != 0
    if isWrite {
      sortie_io_fill(
        words?.assumingMemoryBound(to: UInt64.self), plan.bytes / sectorSize,
        sortie_io_key(plan.seed, index + 1))
    }
    return sortie_aio_operation(
      buffer: words, count: plan.bytes, offset: UInt64(sortie_io_block(plan.abi, index)) * plan.bytes,
      result: 0, descriptor: descriptor, is_write: isWrite ? 1 : 0)
  }

  /// Holds the file, and the checksum that was read in performing it, against the plan.
  ///
  /// - Returns: the first thing that is not as the plan predicts; nil where all is.
  /// - Throws: ``Failure``.
  public func problem(readChecksum: UInt64) throws(Failure) -> String? {
    let descriptor = open(path.string, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure("open", path, errno) }
    defer { close(descriptor) }
    var image = [UInt64](repeating: 0, count: Int(plan.bytes * IOPlan.blocks / 8))
    let count = image.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    guard count == image.count * 8 else { throw Failure("read", path, count < 0 ? errno : EIO) }
    return PredictedDisk(plan).problem(readChecksum: readChecksum, image: image)
  }
}
