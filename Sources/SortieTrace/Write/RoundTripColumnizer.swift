/// Turns records of `KVM_RUN` returns into columns: stamps, site, CPU, errno, element count.
enum RoundTripColumnizer {
  /// The columns of `records`, whose sites are in `sites`: an index, or `UInt32.max` where the dictionary was full.
  static func columns(
    _ records: UnsafeBufferPointer<RoundTripRecord>, sites: UnsafeBufferPointer<UInt32>
  ) -> ColumnSet {
    let hasOverflow = sites.contains(.max)
    var columns: [Column] = []
    func add(
      _ id: ColumnID, _ value: (borrowing RoundTripRecord) -> UInt64,
      absent: ((borrowing RoundTripRecord) -> Bool)? = nil, onlyOverflow: Bool = false
    ) {
      let values = [UInt64](unsafeUninitializedCapacity: records.count) { memory, count in
        for row in 0..<records.count { memory.initializeElement(at: row, to: value(records[row])) }
        count = records.count
      }
      guard absent != nil || onlyOverflow else { return columns.append(Column(id, .integers(values))) }
      let isAbsent: (Int) -> Bool = { row in
        (onlyOverflow && sites[row] != .max) || (absent?(records[row]) ?? false)
      }
      guard let column = Self.column(id, values, isAbsent) else { return }
      columns.append(column)
    }
    add(.u0, { $0.u0 }, absent: { $0.u0 == 0 })
    add(.d0, { $0.d0 }, absent: { $0.d0 == 0 })
    add(.d1, { $0.d1 }, absent: { $0.d1 == 0 })
    add(.u1, { $0.u1 }, absent: { $0.u1 == 0 })
    if let column = column(.site, sites.map { UInt64($0) }, { sites[$0] == .max }) { columns.append(column) }
    add(.count, { UInt64($0.count) })
    add(.errno, { UInt64($0.errno) })
    add(.physicalCPU, { UInt64($0.physicalCPU) }, absent: { $0.physicalCPU == RoundTripRecord.noCPU })
    if hasOverflow {
      add(
        .reason, { UInt64($0.reason) }, absent: { $0.reason == RoundTripRecord.noReason }, onlyOverflow: true)
      add(.address, { $0.address }, onlyOverflow: true)
      add(.size, { UInt64($0.size) }, onlyOverflow: true)
      add(.flags, { UInt64($0.flags.rawValue) }, onlyOverflow: true)
      add(
        .device, { UInt64($0.device) }, absent: { $0.device == RoundTripRecord.noDevice }, onlyOverflow: true)
      add(.rip, { $0.rip }, onlyOverflow: true)
    }
    return ColumnSet(count: records.count, columns: columns)
  }

  /// A column without its absent rows; nil where all are absent.
  private static func column(_ id: ColumnID, _ values: [UInt64], _ isAbsent: (Int) -> Bool) -> Column? {
    var presence = [UInt64](repeating: 0, count: (values.count + 63) / 64)
    var present = 0
    for row in 0..<values.count where !isAbsent(row) {
      presence[row >> 6] |= 1 << UInt64(row & 63)
      present += 1
    }
    if present == 0 { return nil }
    if present == values.count { return Column(id, .integers(values)) }
    var masked = values
    for row in 0..<values.count where isAbsent(row) { masked[row] = 0 }
    return Column(id, .integers(masked), presence: presence)
  }
}
