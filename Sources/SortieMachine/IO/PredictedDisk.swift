internal import GuestABI
internal import SortieDevices

/// What an I/O plan does to a disk, computed without a guest.
struct PredictedDisk {
  private let plan: IOPlan
  /// The checksum over all data read, after each operation.
  private let checksums: [UInt64]
  /// What is on the disk at the end, in words.
  private let image: [UInt64]
  /// The last operation that wrote each block.
  private let writers: [UInt64?]

  /// Performs `plan`.
  init(_ plan: IOPlan) {
    let abi = plan.abi
    let sectors = plan.bytes / sectorSize
    let blockWords = Int(plan.bytes / 8)
    var image = Self.initialImage(of: plan)
    var writers = [UInt64?](repeating: nil, count: Int(IOPlan.blocks))
    var checksums: [UInt64] = []
    checksums.reserveCapacity(Int(plan.operations))
    var checksum = IOPlan.noChecksum
    image.withUnsafeMutableBufferPointer { image in
      for operation in 0..<plan.operations {
        let block = Int(sortie_io_block(abi, operation))
        let words = UnsafeMutableBufferPointer(rebasing: image[block * blockWords..<(block + 1) * blockWords])
        if sortie_io_is_write(abi, operation) != 0 {
          sortie_io_fill(words.baseAddress, sectors, sortie_io_key(plan.seed, operation + 1))
          writers[block] = operation
        } else {
          checksum = sortie_io_checksum(checksum, words.baseAddress, sectors)
        }
        checksums.append(checksum)
      }
    }
    self.plan = plan
    self.checksums = checksums
    self.image = image
    self.writers = writers
  }

  /// What is on the disk beforehand.
  static func initialImage(of plan: IOPlan) -> [UInt64] {
    let bytes = plan.bytes * IOPlan.blocks
    return [UInt64](unsafeUninitializedCapacity: Int(bytes / 8)) { words, count in
      sortie_io_fill(words.baseAddress, bytes / sectorSize, sortie_io_key(plan.seed, 0))
      count = words.count
    }
  }

  /// Holds the checksums that a guest has stored, and the `image` it has left, against the plan.
  func finding(_ given: UnsafeBufferPointer<UInt64>, image left: [UInt64]) -> IOFinding {
    var finding = IOFinding(
      readChecksum: given.last ?? IOPlan.noChecksum,
      imageChecksum: left.withUnsafeBufferPointer {
        sortie_io_checksum(IOPlan.noChecksum, $0.baseAddress, UInt64($0.count) * 8 / sectorSize)
      })
    if let operation = checksums.indices.first(where: { checksums[$0] != given[$0] }) {
      finding.problem = "\(describe(UInt64(operation))) brought other data than the plan predicts"
    } else {
      finding.problem = problem(image: left)
    }
    return finding
  }

  /// The first thing that is not as the plan predicts, where only the last checksum is known; nil where all is.
  func problem(readChecksum: UInt64, image left: [UInt64]) -> String? {
    readChecksum == checksums.last
      ? problem(image: left) : "the reads brought other data than the plan predicts"
  }

  private func problem(image left: [UInt64]) -> String? {
    guard let word = image.indices.first(where: { image[$0] != left[$0] }) else { return nil }
    let byte = word * 8 + (image[word] ^ left[word]).trailingZeroBitCount / 8
    let writer = writers[byte / Int(plan.bytes)]
    return "the image differs from the plan at byte \(byte), "
      + (writer.map { "where \(describe($0)) was the last to write" } ?? "where nothing was written")
  }

  private func describe(_ operation: UInt64) -> String {
    let kind = sortie_io_is_write(plan.abi, operation) != 0 ? "a write" : "a read"
    let offset = UInt64(sortie_io_block(plan.abi, operation)) * plan.bytes
    return "operation \(operation), \(kind) of \(plan.bytes) bytes at \(offset),"
  }
}
