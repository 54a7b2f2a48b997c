import Glibc
import SortieAnalysis
import SortieMachine
import SortieProbes
import SortieReport

/// Takes in events, makes snapshots and shows them, until it has made enough, the time is over, the VMs have ended, a key or a
/// signal says so.
struct TopLoop {
  /// When a snapshot is made, and when that is enough.
  struct Limits {
    /// Seconds.
    var interval: Double
    /// Snapshots; nil: no end.
    var count: Int?
    /// Seconds; nil: no end.
    var duration: Double?
  }

  private var live: LiveView
  private let limits: Limits
  private let isJSON: Bool
  private var view = TopView()
  private var keys = TopKeyReader()
  /// What is shown, and what is to be shown when it goes on.
  private var shown: TopSnapshot?
  private var latest: TopSnapshot?

  /// Seconds between two looks at the kernel's buffers, and where one fills fast.
  private static let periods = (usual: 0.1, short: 0.02)

  init(_ live: LiveView, _ limits: Limits, isJSON: Bool) {
    (self.live, self.limits, self.isJSON) = (live, limits, isJSON)
  }

  /// Shows `processes`, and what comes where the target is open.
  ///
  /// - Throws: ``Failure``.
  mutating func run(_ processes: [KVMProcess]) throws(Failure) {
    defer { live.close() }
    try live.begin(processes)
    // Goes with this call, however it ends: the terminal is as before when a message is written.
    let terminal = isJSON ? nil : TopTerminal()
    live.tellAtOnce(terminal == nil)
    let begun = MonotonicClock.seconds()
    var (due, look, made) = (begun + limits.interval, begun + Self.periods.usual, 0)
    while true {
      let now = MonotonicClock.seconds()
      let wait = max(0, min(due, look, begun + (limits.duration ?? .infinity)) - now)
      let isTyped = Interruption.wait(
        milliseconds: Int32((wait * 1000).rounded(.up)), orInput: terminal == nil ? -1 : STDIN_FILENO)
      if Interruption.hasCome { return }
      if let terminal, !react(terminal, isTyped) { return }
      let time = MonotonicClock.seconds()
      let isEnd = limits.duration.map { time - begun >= $0 } ?? false
      if time >= look || time >= due || isEnd {
        look = time + (live.drain() ? Self.periods.short : Self.periods.usual)
      }
      if time >= due || isEnd {
        while due <= time { due += limits.interval }
        try live.look()
        made += 1
        guard try show(live.snapshot(), terminal) else { return }
        if isEnd || live.isOver || made == limits.count { return }
      }
    }
  }

  /// Does what was typed and draws again; false: it is to end.
  private mutating func react(_ terminal: TopTerminal, _ isTyped: Bool) -> Bool {
    let bytes = isTyped ? terminal.read() : []
    // Readable and nothing to read: nobody is there any more.
    if isTyped, bytes.isEmpty { return false }
    for key in keys.keys(bytes, isComplete: !isTyped) {
      let wasPaused = view.isPaused
      if view.press(key, shown?.vms ?? []) == .quit { return false }
      if wasPaused, !view.isPaused { shown = latest }
    }
    draw(terminal)
    return true
  }

  /// Shows a snapshot; false: nobody reads any more.
  private mutating func show(_ snapshot: TopSnapshot, _ terminal: TopTerminal?) throws(Failure) -> Bool {
    if let terminal {
      latest = snapshot
      if !view.isPaused { shown = snapshot }
      draw(terminal)
      return true
    }
    guard isJSON else {
      return try Output.write(Array((TopLines.block(snapshot) + ["", ""]).joined(separator: "\n").utf8))
    }
    let line: [UInt8]
    do { line = try TopDocument.line(snapshot) } catch { throw Failure(error) }
    return try Output.write(line)
  }

  private mutating func draw(_ terminal: TopTerminal) {
    let size = terminal.size
    guard let shown else {
      terminal.draw(["sortie top: the first interval is being observed"], size: size)
      return
    }
    view.settle(shown.vms)
    terminal.draw(
      TopScreen.lines(
        shown, view, width: size.width, height: size.height, colour: Terminal.wantsColour), size: size)
  }
}
