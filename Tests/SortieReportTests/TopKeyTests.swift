import SortieAnalysis
import SortieReport
import Testing
import TraceFixtures

/// Keys of `sortie top`: what terminals send, and what it does.
@Suite struct TopKeyTests {
  private func keys(_ text: String, isComplete: Bool = true) -> [TopKey] {
    var reader = TopKeyReader()
    return reader.keys(Array(text.utf8), isComplete: isComplete)
  }

  @Test func keysAreReadOneByOne() {
    #expect(keys("qé\r\u{7f}\u{3}") == [.character("q"), .character("é"), .enter, .backspace, .interrupt])
    #expect(keys("\u{1b}[A\u{1b}OB\u{1b}[5~\u{1b}[6~") == [.up, .down, .pageUp, .pageDown])
    #expect(keys("\u{1b}[1;5Cx") == [.character("x")], "an unknown sequence is passed over")
    #expect(keys("\u{1b}") == [.escape])
  }

  @Test func aSequenceInPiecesIsOneKey() {
    var reader = TopKeyReader()
    #expect(reader.keys([27]) == [])
    #expect(reader.keys([UInt8(ascii: "[")]) == [])
    #expect(reader.keys([UInt8(ascii: "A")]) == [.up])
    #expect(reader.keys([0xc3]) == [])
    #expect(reader.keys([0xa9]) == [.character("é")])
    #expect(reader.keys([27]) == [] && reader.keys([], isComplete: true) == [.escape])
  }

  @Test(arguments: 0..<UInt64(200))
  func anyBytesAreReadToTheEnd(seed: UInt64) {
    var random = SeededGenerator(state: seed)
    var reader = TopKeyReader()
    for _ in 0..<20 {
      let bytes = (0..<Int.random(in: 0...12, using: &random)).map { _ -> UInt8 in
        Bool.random(using: &random) ? 27 : UInt8.random(in: 0...255, using: &random)
      }
      _ = reader.keys(bytes)
    }
    _ = reader.keys([], isComplete: true)
    #expect(reader.keys([UInt8(ascii: "q")]) == [.character("q")])
  }

  private func view(after text: String, _ vms: [TopVM] = [TopScreenTests.vm(), TopScreenTests.vm(5)])
    -> TopView
  {
    var view = TopView()
    for key in keys(text) { #expect(view.press(key, vms) == .shown) }
    return view
  }

  @Test func keysChangeTheView() {
    #expect(view(after: " ").isPaused && !view(after: "  ").isPaused)
    #expect(
      view(after: "s").order == .rate && view(after: "sS").order == .time && view(after: "S").order == .name)
    #expect(view(after: "r").isByReason)
    #expect(view(after: "c").exitClass == .light && view(after: "cccc").exitClass == nil)
    #expect(view(after: "v").selection == .vm(0) && view(after: "vv").selection == .vm(5))
    #expect(view(after: "vvv").selection == .all && view(after: "V").selection == .vm(5))
    #expect(view(after: "u").selection == .vcpu(0, 0) && view(after: "vvuu").selection == .vcpu(5, 1))
    #expect(view(after: "uuu").selection == .vm(0) && view(after: "ua").selection == .all)
    #expect(view(after: "jj\u{1b}[Bk").offset == 2 && view(after: "kk").offset == 0)
    #expect(view(after: "h").showsHelp && !view(after: "hx").showsHelp)
  }

  @Test func aFilterIsTypedUntilEnter() {
    #expect(view(after: "/q0x").filter == "q0x" && view(after: "/q0x").isTyping)
    #expect(view(after: "/q\u{7f}w\r").filter == "w" && !view(after: "/q\r").isTyping)
    #expect(view(after: "/q\u{1b}").filter == "" && view(after: "/qs\rs").order == .rate)
  }

  @Test func quittingWorksFromEverywhere() {
    for before in ["", "h", " ", "/ab"] {
      var view = view(after: before)
      #expect(view.press(.interrupt, []) == .quit)
    }
    var view = TopView()
    #expect(view.press(.character("q"), []) == .quit)
  }

  @Test func whatHasEndedIsNotChosenAnyMore() {
    var view = view(after: "vvu")
    #expect(view.selection == .vcpu(5, 0))
    view.settle([TopScreenTests.vm()])
    #expect(view.selection == .all)
  }
}
