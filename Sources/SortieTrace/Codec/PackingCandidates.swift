/// A column's residuals with all that is needed to pack them in any way worth trying.
struct PackingCandidates {
  /// The packings worth trying.
  let packings: [Packing]
  private let residuals: [UInt64]
  private let granularity: Granularity
  private let shape: ResidualShape

  init(_ residuals: [UInt64]) {
    self.residuals = residuals
    granularity = Granularity(residuals)
    shape = granularity.quotients.withUnsafeBufferPointer { ResidualShape($0) }
    var packings: [Packing] = [.bits, .planes]
    if shape.runs * 4 < residuals.count { packings.append(.runs) }
    if residuals.count <= 256 { packings.append(.varint) }
    self.packings = packings
  }

  /// Appends the residuals of `rows`; `boundaries` receives where a new distribution of bytes begins.
  func append(
    _ packing: Packing, _ rows: Range<Int>, to buffer: inout ByteBuffer, _ boundaries: inout [Int]
  ) {
    switch packing {
    case .bits:
      appendFrame(shape.base, shape.width, bits: shape.width, rows, to: &buffer) { numbers, buffer in
        BitPacking.encode(numbers, base: shape.base, width: shape.width, to: &buffer)
      }
    case .planes:
      appendFrame(shape.planeBase, shape.planes, bits: shape.planes * 8, rows, to: &buffer) {
        numbers, buffer in
        BytePlanes.encode(
          numbers, base: shape.planeBase, planes: shape.planes, to: &buffer, boundaries: &boundaries)
      }
    case .runs:
      residuals.withUnsafeBufferPointer {
        RunLengths.encode(UnsafeBufferPointer(rebasing: $0[rows]), to: &buffer)
      }
    case .varint:
      for residual in residuals[rows] { buffer.appendVarint(zigzag(residual)) }
    case .constant, .text:
      preconditionFailure("\(packing) is not among the candidates")
    }
  }

  private func appendFrame(
    _ base: UInt64, _ width: Int, bits: Int, _ rows: Range<Int>, to buffer: inout ByteBuffer,
    _ pack: (UnsafeBufferPointer<UInt64>, inout ByteBuffer) -> Void
  ) {
    var frame = PackedFrame(
      base: granularity.origin &+ granularity.unit &* base, unit: granularity.unit, width: width)
    let offset = buffer.count
    frame.append(to: &buffer)
    granularity.quotients.withUnsafeBufferPointer { quotients in
      let numbers = UnsafeBufferPointer(rebasing: quotients[rows])
      pack(numbers, &buffer)
      frame.patches = Patches.encode(numbers, base: base, width: bits, to: &buffer)
    }
    let remainders = granularity.remainders.filter { rows.contains($0.row) }
      .map { (row: $0.row - rows.lowerBound, remainder: $0.remainder) }
    frame.remainders = Patches.encode(remainders, to: &buffer)
    frame.patchCounts(at: offset, in: buffer)
  }
}
