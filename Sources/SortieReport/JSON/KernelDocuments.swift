import SortieAnalysis

struct StagesDocument: Encodable, Sendable {
  var population: String
  var count: UInt64
  @OrNull var exitPathCycles: Double?
  var switchCycles: Double
  var kernelCycles: Double
  var vmmCycles: Double
  var deviceCycles: Double
  @OrNull var entryPathCycles: Double?
  var guestCycles: Double
  var blockedCycles: Double
  var offCpuCycles: Double

  init(_ stages: StageSummary) {
    population = stages.population.rawValue
    count = stages.count
    exitPathCycles = stages.exitPath
    switchCycles = stages.switching
    kernelCycles = stages.kernel
    vmmCycles = stages.vmm
    deviceCycles = stages.device
    entryPathCycles = stages.entryPath
    guestCycles = stages.guest
    blockedCycles = stages.blocked
    offCpuCycles = stages.offCPU
  }
}

struct StageBandDocument: Encodable, Sendable {
  var band: String
  var stages: StagesDocument

  init(_ band: StageBand) {
    self.band = band.band.rawValue
    stages = StagesDocument(band.stages)
  }
}

struct StagingDocument: Encodable, Sendable {
  var staged: UInt64
  var withoutExit: UInt64
  var unstaged: UInt64

  init(_ tally: StageTally) {
    staged = tally.staged
    withoutExit = tally.withoutExit
    unstaged = tally.unstaged
  }
}

struct PartsDocument: Encodable, Sendable {
  @OrNull var guestCycles: UInt64?
  @OrNull var kernelCycles: UInt64?
  var switchOutCycles: UInt64
  var vmmCycles: UInt64
  var switchInCycles: UInt64
  var blockedCycles: UInt64
  var polledCycles: UInt64
  var offCpuCycles: UInt64
  var undividedCycles: UInt64
  var unaccountedCycles: UInt64
  var unseenCycles: UInt64

  init(_ parts: TimeParts) {
    // Where nothing tells the two apart, they are unknown and not zero.
    let isDivided = parts.undivided == 0
    guestCycles = isDivided ? parts.guest : nil
    kernelCycles = isDivided ? parts.kernel : nil
    switchOutCycles = parts.switchOut
    vmmCycles = parts.vmm
    switchInCycles = parts.switchIn
    blockedCycles = parts.blocked
    polledCycles = parts.polled
    offCpuCycles = parts.offCPU
    undividedCycles = parts.undivided
    unaccountedCycles = parts.unaccounted
    unseenCycles = parts.unseen
  }
}

struct MarksDocument: Encodable, Sendable {
  var paired: UInt64
  var unpaired: UInt64
  var lost: UInt64

  init(_ tally: MarkTally) {
    paired = tally.paired
    unpaired = tally.unpaired
    lost = tally.lost
  }
}

struct KernelDocument: Encodable, Sendable {
  @OrNull var episodes: UInt64?
  @OrNull var light: UInt64?
  @OrNull var heavy: UInt64?
  @OrNull var kicked: UInt64?
  var exits: MarksDocument
  var entries: MarksDocument
  var reentries: UInt64
  var fpuUnloads: MarksDocument
  var fpuLoads: MarksDocument
  var userspaceExits: MarksDocument
  var switches: MarksDocument
  var roundTrips: MarksDocument
  var wakeups: UInt64
  var woken: UInt64
  var clockReadings: UInt64
  var details: UInt64
  var outside: UInt64
  var inversions: UInt64
  var misplaced: UInt64
  var unseenReturns: UInt64

  init(_ tally: EpisodeTally) {
    // Where the kernel reports no exits, how many there were is unknown, not none.
    let isKnown = tally.exits.total + tally.entries.total > 0
    episodes = isKnown ? tally.episodes : nil
    light = isKnown ? tally.light : nil
    heavy = isKnown ? tally.heavy : nil
    kicked = isKnown ? tally.kicked : nil
    exits = MarksDocument(tally.exits)
    entries = MarksDocument(tally.entries)
    reentries = tally.reentries
    fpuUnloads = MarksDocument(tally.unloads)
    fpuLoads = MarksDocument(tally.loads)
    userspaceExits = MarksDocument(tally.userspaceExits)
    switches = MarksDocument(tally.switches)
    roundTrips = MarksDocument(tally.roundTrips)
    wakeups = tally.wakeups
    woken = tally.woken
    clockReadings = tally.clockReadings
    details = tally.details
    outside = tally.outside
    inversions = tally.inversions
    misplaced = tally.misplaced
    unseenReturns = tally.unseenReturns
  }
}

struct ExitDocument: Encodable, Sendable {
  var vm: UInt32
  var reason: String
  var count: UInt64
  var light: UInt64
  var heavy: UInt64
  var kicked: UInt64
  var unpaired: UInt64

  init(_ row: ExitCounts) {
    vm = row.vm
    reason = row.reason
    count = row.count
    light = row.light
    heavy = row.heavy
    kicked = row.kicked
    unpaired = row.unpaired
  }
}

struct KernelEventDocument: Encodable, Sendable {
  var vm: UInt32
  var event: String
  var detail: String
  var count: UInt64

  init(_ row: KernelEventCount) {
    vm = row.vm
    event = row.event
    detail = row.detail
    count = row.count
  }
}

struct SystemCallDocument: Encodable, Sendable {
  var vm: UInt32
  var reason: String
  var site: String
  @OrNull var call: String?
  var roundTrips: UInt64
  var count: UInt64
  var cycles: UInt64
  @OrNull var ns: Double?
  @OrNull var longestCycles: UInt64?
  @OrNull var share: Double?

  init(_ cost: SystemCallCost, _ kilohertz: UInt64?) {
    vm = cost.vm
    reason = cost.reason
    site = cost.site
    call = cost.call
    roundTrips = cost.roundTrips
    count = cost.count
    cycles = cost.cycles
    ns = nanoseconds(cost.cycles, kilohertz)
    longestCycles = cost.longest
    share = cost.share
  }
}
