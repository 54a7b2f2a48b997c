import Testing

@testable import SortieAnalysis

@Suite struct SwiftSymbolTests {
  @Test func aSwiftFunctionIsNamedAsInItsSource() {
    #expect(
      SwiftSymbol.readable("$e9pio_write8PioWriteV3runyy12GuestSupport0F0VFZTf4nd_n")
        == "pio_write.PioWrite.run")
    #expect(SwiftSymbol.readable("$s4main3fooyyF") == "main.foo")
  }

  @Test(arguments: [
    "pio_write_main", "_start", "", "$s", "$snonsense", "$e\u{0}", "a of b(c", "$s4main", "$s99main3foo",
    "$s0A3foo",
    "$s99999999999999999999a",
  ])
  func otherNamesStayAsTheyAre(name: String) {
    #expect(SwiftSymbol.readable(name) == name)
  }

  @Test func aNameThatDoublesWithEveryLetterCostsNothing() {
    let name = "$s4main1fyyAA1DVyS2iG" + String(repeating: "_ADt_AEt", count: 1000) + "F"
    #expect(SwiftSymbol.readable(name) == "main.f")
  }
}
