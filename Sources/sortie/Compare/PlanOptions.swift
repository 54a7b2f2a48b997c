import ArgumentParser
import WorkloadCatalog

/// Another I/O plan than the one that a ready comparison has by itself.
struct PlanOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Bytes of an operation.", valueName: "n"))
  var bytes: UInt64?

  @Option(
    help: ArgumentHelp("What data, blocks and the order of reads and writes are drawn from.", valueName: "n"))
  var planSeed: UInt64?

  @Option(help: ArgumentHelp("Of disks, writes among the operations.", valueName: "percent"))
  var writes: UInt64?

  @Flag(help: "Of disks, block after block, and not in random order.")
  var sequential = false

  /// What changes.
  var change: PlanChange {
    var change = PlanChange()
    (change.bytes, change.seed, change.writePercent) = (bytes, planSeed, writes)
    change.isSequential = sequential
    return change
  }

  func validate() throws {
    if bytes == 0 { throw ValidationError("--bytes must be at least 1") }
    if planSeed == 0 { throw ValidationError("--plan-seed must be at least 1") }
    if let writes, writes > 100 { throw ValidationError("--writes \(writes): 0 to 100 percent") }
  }

  /// Whether `comparison` has such a plan.
  func validate(for comparison: ReadyComparison) throws {
    if change != PlanChange(), !comparison.hasPlan {
      throw ValidationError("\(comparison.name) transfers nothing, so it has no plan to change")
    }
    if change.isOfDisks, !comparison.isOfDisks {
      throw ValidationError("--writes and --sequential go with disk, not with \(comparison.name)")
    }
  }
}
