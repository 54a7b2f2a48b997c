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
  @OrNull var blockedCycles: Double?
  @OrNull var offCpuCycles: Double?

  init(_ stages: StageSummary, knowsSchedule: Bool = true) {
    population = stages.population.rawValue
    count = stages.count
    exitPathCycles = stages.exitPath
    switchCycles = stages.switching
    kernelCycles = stages.kernel
    vmmCycles = stages.vmm
    deviceCycles = stages.device
    entryPathCycles = stages.entryPath
    guestCycles = stages.guest
    blockedCycles = knowsSchedule ? stages.blocked : nil
    offCpuCycles = knowsSchedule ? stages.offCPU : nil
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
  @OrNull var switchOutCycles: UInt64?
  @OrNull var vmmCycles: UInt64?
  @OrNull var switchInCycles: UInt64?
  var outsideCycles: UInt64
  @OrNull var blockedCycles: UInt64?
  @OrNull var polledCycles: UInt64?
  @OrNull var offCpuCycles: UInt64?
  var undividedCycles: UInt64
  var unaccountedCycles: UInt64
  var leftOutCycles: UInt64
  var unseenCycles: UInt64

  init(_ parts: TimeParts, _ analysis: Analysis) {
    let trips = analysis.trips
    // Where nothing tells the two apart, they are unknown and not zero.
    let isDivided = parts.undivided == 0
    guestCycles = isDivided ? parts.guest : nil
    kernelCycles = isDivided && trips.isCounted ? parts.kernel : nil
    switchOutCycles = trips.isTimed ? parts.switchOut : nil
    vmmCycles = trips.isTimed ? parts.vmm : nil
    switchInCycles = trips.isTimed ? parts.switchIn : nil
    outsideCycles = parts.outside
    blockedCycles = analysis.knowsSchedule ? parts.blocked : nil
    polledCycles = analysis.knowsSchedule ? parts.polled : nil
    offCpuCycles = analysis.knowsSchedule ? parts.offCPU : nil
    undividedCycles = parts.undivided
    unaccountedCycles = parts.unaccounted
    leftOutCycles = parts.leftOut
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

  init(_ tally: EpisodeTally, _ trips: RoundTripEvidence) {
    // Where the kernel reports no exits, how many there were is unknown, not none.
    let isKnown = tally.exits.total + tally.entries.total > 0
    episodes = isKnown ? tally.episodes : nil
    light = isKnown && trips.isCounted ? tally.light : nil
    heavy = isKnown && trips.isCounted ? tally.heavy : nil
    kicked = isKnown && trips.isCounted ? tally.kicked : nil
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
  @OrNull var light: UInt64?
  @OrNull var heavy: UInt64?
  @OrNull var kicked: UInt64?
  var unpaired: UInt64

  init(_ row: ExitCounts, _ trips: RoundTripEvidence) {
    vm = row.vm
    reason = row.reason
    count = row.count
    light = trips.isCounted ? row.light : nil
    heavy = trips.isCounted ? row.heavy : nil
    kicked = trips.isCounted ? row.kicked : nil
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
