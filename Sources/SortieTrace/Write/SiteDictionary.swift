/// What distinguishes the place an exit comes from: everything in a record but stamps, CPU, errno and element count.
struct SiteKey: Equatable {
  var rip: UInt64
  var address: UInt64
  var reason: UInt32
  var device: UInt16
  var size: UInt8
  var flags: UInt8

  @inline(__always) init(_ record: borrowing RoundTripRecord) {
    rip = record.rip
    address = record.address
    reason = record.reason
    device = record.device
    size = record.size
    flags = record.flags.rawValue
  }

  /// Mixes all fields; multipliers from Steele and Vigna, "Computationally easy, spectrally good multipliers" (2021).
  @inline(__always) var hash: UInt64 {
    var hash = rip &* 0xd134_2543_de82_ef95
    hash = (hash ^ hash >> 32 ^ address) &* 0xaf25_1af3_b0f0_25b5
    hash ^= hash >> 29 ^ (UInt64(reason) << 32 | UInt64(device) << 16 | UInt64(size) << 8 | UInt64(flags))
    hash = hash &* 0xb564_ef22_ec7a_ece5
    return hash ^ hash >> 32
  }
}

/// The site dictionary as it is written: an open hash table from key to index. Bounded: a guest that invents places
/// without end gets no entry for the later ones.
struct SiteDictionary {
  /// All sites, by index.
  private(set) var keys: [SiteKey] = []
  /// Sites already in the file.
  var written = 0
  private var slots = [UInt32](repeating: 0, count: 1 << 10)
  private var mask = (1 << 10) - 1

  /// The index of `key`, a new one if need be; nil when the dictionary is full.
  mutating func index(of key: SiteKey) -> Int? {
    var slot = Int(truncatingIfNeeded: key.hash) & mask
    while slots[slot] != 0 {
      let index = Int(slots[slot]) - 1
      if keys[index] == key { return index }
      slot = (slot + 1) & mask
    }
    guard keys.count < TraceLimits.writtenSites else { return nil }
    keys.append(key)
    slots[slot] = UInt32(keys.count)
    if keys.count * 2 > slots.count { grow() }
    return keys.count - 1
  }

  private mutating func grow() {
    mask = slots.count * 4 - 1
    slots = [UInt32](repeating: 0, count: mask + 1)
    for (index, key) in keys.enumerated() {
      var slot = Int(truncatingIfNeeded: key.hash) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = UInt32(index + 1)
    }
  }
}
