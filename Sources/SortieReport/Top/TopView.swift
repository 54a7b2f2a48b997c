public import SortieAnalysis

/// What of the VMs is shown, and how: what the keys of `sortie top` change.
public struct TopView: Sendable, Equatable {
  /// What rows are sorted by.
  public enum Order: String, Sendable, CaseIterable {
    /// Share of the vCPUs' time.
    case time
    /// Exits.
    case rate
    /// Median.
    case p50
    /// 99th percentile.
    case p99
    /// Name.
    case name
  }

  /// Whose rows are shown.
  public enum Selection: Sendable, Equatable {
    /// Of all VMs, side by side.
    case all
    /// Of one VM, all its vCPUs together; by its number.
    case vm(UInt32)
    /// Of one vCPU of it.
    case vcpu(UInt32, UInt32)

    /// The VM that is chosen.
    var vm: UInt32? {
      switch self {
      case .all: nil
      case .vm(let vm), .vcpu(let vm, _): vm
      }
    }
  }

  /// What rows are sorted by.
  public var order = Order.time
  /// Rows are reasons, not sites.
  public var isByReason = false
  /// Rows of this class only.
  public var exitClass: ExitClass?
  /// Rows whose reason or site contains this only, in any case.
  public var filter = ""
  /// The filter is being typed.
  public var isTyping = false
  /// Whose rows are shown.
  public var selection = Selection.all
  /// Rows passed over.
  public var offset = 0
  /// The figures stand still.
  public var isPaused = false
  /// The keys are shown instead.
  public var showsHelp = false

  /// All of all VMs, dearest first.
  public init() {}

  /// What a key leads to.
  public enum Effect: Sendable, Equatable {
    /// The view has changed, or not.
    case shown
    /// The program is to end.
    case quit
  }

  /// The keys, in words.
  static let help: [(keys: String, what: String)] = [
    ("q, Ctrl-C", "quit"), ("space", "pause, go on"), ("s S", "sort by time, rate, p50, p99, name; back"),
    ("r", "rows are sites, or reasons"), ("c", "all, light, heavy exits, kicks"),
    ("/", "only what contains a text; Enter takes it, Escape drops it"),
    ("v V", "next, previous VM"), ("u U", "next, previous vCPU"), ("a", "all VMs"),
    ("up down, j k", "scroll; page up and down"), ("h ?", "these keys, and back"),
  ]

  /// Longest filter.
  private static let mostTyped = 60

  /// Does what `key` says, with `vms` before it.
  public mutating func press(_ key: TopKey, _ vms: [TopVM]) -> Effect {
    if key == .interrupt { return .quit }
    if isTyping {
      type(key)
      return .shown
    }
    if showsHelp {
      showsHelp = false
      return key == .character("q") ? .quit : .shown
    }
    switch key {
    case .character("q"): return .quit
    case .character(" "): isPaused.toggle()
    case .character("s"): order = Self.step(order, 1)
    case .character("S"): order = Self.step(order, -1)
    case .character("r"): isByReason.toggle()
    case .character("c"): exitClass = Self.nextClass(exitClass)
    case .character("/"): (isTyping, filter) = (true, "")
    case .character("v"): chooseVM(1, vms)
    case .character("V"): chooseVM(-1, vms)
    case .character("u"): chooseVCPU(1, vms)
    case .character("U"): chooseVCPU(-1, vms)
    case .character("a"): selection = .all
    case .character("h"), .character("?"): showsHelp = true
    case .character("j"), .down: offset += 1
    case .character("k"), .up: offset -= 1
    case .pageDown: offset += 10
    case .pageUp: offset -= 10
    case .escape: filter = ""
    default: return .shown
    }
    switch key {
    case .up, .down, .pageUp, .pageDown, .character("j"), .character("k"), .character(" "): break
    default: offset = 0
    }
    offset = max(0, offset)
    return .shown
  }

  private mutating func type(_ key: TopKey) {
    switch key {
    case .enter: isTyping = false
    case .escape: (isTyping, filter) = (false, "")
    case .backspace: if !filter.isEmpty { filter.removeLast() }
    case .character(let character) where filter.count < Self.mostTyped: filter.append(character)
    default: break
    }
    offset = 0
  }

  private static func step(_ order: Order, _ by: Int) -> Order {
    let all = Order.allCases
    return all[((all.firstIndex(of: order) ?? 0) + by + all.count) % all.count]
  }

  private static func nextClass(_ exitClass: ExitClass?) -> ExitClass? {
    switch exitClass {
    case nil: .light
    case .light?: .heavy
    case .heavy?: .kick
    case .kick?, .unknown?: nil
    }
  }

  private mutating func chooseVM(_ by: Int, _ vms: [TopVM]) {
    let numbers: [UInt32?] = [nil] + vms.map(\.live.vm)
    let known = numbers.firstIndex(of: selection.vm) ?? 0
    selection = numbers[(known + by + numbers.count) % numbers.count].map { .vm($0) } ?? .all
  }

  /// The vCPUs of the chosen VM, or of the first one.
  private mutating func chooseVCPU(_ by: Int, _ vms: [TopVM]) {
    guard let vm = vms.first(where: { $0.live.vm == selection.vm }) ?? vms.first else { return }
    var chosen: UInt32?
    if case .vcpu(_, let vcpu) = selection { chosen = vcpu }
    let numbers: [UInt32?] = [nil] + vm.live.vcpus.map(\.vcpu)
    let known = numbers.firstIndex(of: chosen) ?? 0
    let next = numbers[(known + by + numbers.count) % numbers.count]
    selection = next.map { .vcpu(vm.live.vm, $0) } ?? .vm(vm.live.vm)
  }

  /// Lets go of a VM or vCPU that is not there any more.
  public mutating func settle(_ vms: [TopVM]) {
    guard let chosen = selection.vm else { return }
    guard let vm = vms.first(where: { $0.live.vm == chosen }) else {
      selection = .all
      return
    }
    if case .vcpu(_, let vcpu) = selection, !vm.live.vcpus.contains(where: { $0.vcpu == vcpu }) {
      selection = .vm(chosen)
    }
  }
}
