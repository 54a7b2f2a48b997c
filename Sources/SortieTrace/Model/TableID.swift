/// A table of a trace: rows that describe where events come from. Each is stored as a column set like the events.
///
/// The numbers are part of the file format. Rows may come in several blocks; they add up.
public enum TableID: UInt16, Sendable, CaseIterable {
  /// `host`, `name`, `value`: attributes of a host (vendor, kernel, TSC frequency, whether KVM emulates guest code).
  case hosts = 1
  /// `vm`, `name`, `value`: attributes of a VM and of the run in it (workload, iterations, command, expectations).
  case vms = 2
  /// `vcpu`, `vm`, `apicID`, `tsc` (since when), `tscOffset`, `tscScaling`, `tscScalingBits`: a change is a new row.
  case vcpus = 3
  /// `thread`, `vcpu`, `vm`, `tsc`: which thread runs which vCPU since when.
  case threads = 4
  /// `stream`, `streamKind`, `clock`, `name`, `vm`, `vcpu`, `physicalCPU`.
  case streams = 5
  /// `tsc`, `monotonic`, `realtime`: the three clocks read together.
  case anchors = 6
  /// `device`, `vm`, `name`, `addressSpace`, `address`, `length`.
  case devices = 7
  /// `tsc`, `vm`, `vcpu`, `name`, `statisticFlags`, `exponent`, `bucketSize`, `bucket`, `number`: a snapshot of KVM statistics.
  case statistics = 8
  /// `tsc`, `name`: marks set by the recorder or by the user.
  case marks = 9
  /// `stream`, `tsc`, `lastTSC`, `cause`, `count`: ranges in which events are missing.
  case losses = 10
  /// `vm`, `address`, `length`, `name`: symbols of the guest, addresses as linked.
  case symbols = 11
  /// `kernelEvent`, `name`, `value`: the `format` files of the kernel's events, as read.
  case eventFormats = 12
  /// `site`, `reason`, `address`, `size`, `flags`, `device`, `rip`, `ripKind`: the site dictionary.
  case sites = 13
  /// `vm`, `vcpu`, `aggregateSite`, `lowest`, `highest`, `count`: durations kept only as a histogram, a bucket a row.
  case histograms = 14
  /// `name`, `number`, `value`: cost of each kind of probe as measured in this run, median cycles, and how.
  case probeCosts = 15
  /// `aggregateSite`, `population`, `isa`, `reason`, `address`, `size`, `flags`, `device`, `name`, `value`: what histograms
  /// and sums are of.
  case aggregateSites = 16
  /// `tsc`, `lastTSC`, `vm`, `vcpu`, `aggregateSite`, `name`, `number`: counts and cycles that were kept only as sums.
  case sums = 17
}

/// Why events are missing from a range.
public enum LossCause: UInt8, Sendable, CaseIterable {
  /// A ring between a vCPU thread and the writer was full.
  case ringFull = 1
  /// The kernel's buffer was overwritten.
  case kernelOverrun = 2
  /// The guest's stamp ring was full.
  case guestRingFull = 3
  /// The guest's stamp ring held indices that no correct guest writes.
  case guestRingCorrupt = 4
  /// Blocks of the file are damaged or cut off.
  case damagedFile = 5
  /// The recorder could not write (disk full, quota, closed pipe).
  case writeFailed = 6
  /// The kernel's buffer held what the recorder cannot read.
  case kernelUnreadable = 7
  /// The file was to hold no more than so many bytes: older events were left out.
  case sizeLimit = 8
}
