import SortieGate
import SortieStatistics
import Testing

private let base: [[UInt64]] = (0..<12).map { [10_000 + $0 * 10, 10_060 - $0 * 5] }

struct VariantTests {
  @Test(
    "a variant that is dearer in every block is really so, by about as much, and one that is the same is not")
  func effects() throws {
    let dearer = base.map { $0.map { $0 * 3 / 2 } }
    let effects = VariantEffect.all(
      [("a", base), ("b", dearer), ("c", base.map { $0.reversed() })], seed: 1)
    #expect(effects.map(\.variant) == ["b", "c"] && effects.allSatisfy { $0.base == "a" })
    let found = effects[0]
    #expect(found.isReal)
    #expect(abs(try #require(found.ratio) - 1.5) < 0.01)
    #expect(try #require(found.low) <= 1.5 && #require(found.high) >= 1.49)
    #expect(try #require(found.pValue) <= VariantEffect.level)
    #expect(!effects[1].isReal)
  }

  @Test("fewer blocks than an interval takes give none, and say how many there were")
  func tooFew() {
    let effects = VariantEffect.all([("a", [[1000, 1000]]), ("b", [[2000, 2000]])], seed: 1)
    #expect(effects[0].low == nil && !effects[0].isReal && effects[0].ratio == 2)
    #expect(effects[0].obstacle?.contains("1 block") == true)
  }

  @Test("where chance cannot be ruled out by so few blocks it is said, with how many it takes")
  func blindEffects() throws {
    let dearer = base.map { $0.map { $0 * 3 / 2 } }
    func effects(_ blocks: Int) -> [VariantEffect] {
      VariantEffect.all(
        [
          ("a", Array(base.prefix(blocks))), ("b", Array(dearer.prefix(blocks))),
          ("c", Array(base.prefix(blocks))),
        ],
        seed: 1)
    }
    let few = effects(5)
    #expect(few.allSatisfy { !$0.isReal && $0.couldSee == nil && $0.low != nil })
    let obstacle = try #require(few[0].obstacle)
    #expect(obstacle.contains("5 blocks") && obstacle.contains("9 are enough"), "\(obstacle)")
    let enough = effects(9)
    #expect(enough[0].isReal && enough[0].obstacle == nil)
    #expect(try 1...1.5 ~= #require(enough[0].couldSee))
  }

  @Test("the same seed gives the same figures")
  func reproducible() {
    let variants = [("a", base), ("b", base.map { $0.map { $0 + 77 } })]
    #expect(VariantEffect.all(variants, seed: 5) == VariantEffect.all(variants, seed: 5))
  }

  @Test("outputs that differ are named with the variants that say so; what nobody says is no disagreement")
  func outputs() {
    let found = OutputDisagreement.all([
      ("disk-ide-pio", ["io_bytes": ["512"], "io_read_checksum": ["1a"]]),
      ("disk-ide-dma", ["io_bytes": ["512"], "io_read_checksum": ["1a"]]),
      ("disk-virtio", ["io_bytes": ["512"], "io_read_checksum": ["2b"]]),
    ])
    #expect(found.count == 1)
    #expect(found[0].text == "io_read_checksum: 1a of disk-ide-pio, disk-ide-dma; 2b of disk-virtio")
    #expect(OutputDisagreement.all([("a", [:]), ("b", [:])]).isEmpty)
  }

  @Test("a variant that says nothing of what others say, or two things at once, does not agree")
  func silentOutputs() {
    let silent = OutputDisagreement.all([("a", ["io_bytes": ["1"]]), ("b", [:])])
    #expect(silent.map(\.text) == ["io_bytes: 1 of a; nothing said of b"])
    #expect(!silent[0].isContradiction, "a run that was ended is no wrong transfer")
    #expect(OutputDisagreement.all([("a", ["x": ["1"]]), ("b", ["x": ["2"]])])[0].isContradiction)
    #expect(
      OutputDisagreement.all([("a", ["io_bytes": ["1", "2"]]), ("b", ["io_bytes": ["1"]])]).map(\.text)
        == ["io_bytes: 1 of a, b; 2 of a"])
  }

  @Test("exits hold against the prediction where they are known")
  func predictions() {
    let heavy = MeasuredVariant("a", command: [], prediction: "", heavy: 1...1, light: 0...0)
    #expect(heavy.isAsPredicted(heavy: 1, light: nil) == true)
    #expect(heavy.isAsPredicted(heavy: 1.5, light: nil) == false)
    #expect(heavy.isAsPredicted(heavy: 1, light: 0.05) == true, "first touches of pages are no surprise")
    #expect(heavy.isAsPredicted(heavy: 1, light: 1) == false)
    #expect(heavy.isAsPredicted(heavy: nil, light: nil) == nil)
    let batched = MeasuredVariant("b", command: [], prediction: "", heavy: 0...0.5, light: nil)
    #expect(batched.isAsPredicted(heavy: 0.25, light: 17) == true)
    #expect(batched.isAsPredicted(heavy: 0.6, light: nil) == false)
    let kick = MeasuredVariant("c", command: [], prediction: "", heavy: 0...0, light: 0.03125...0.125)
    #expect(kick.isAsPredicted(heavy: 0, light: 0.15) == true)
    #expect(kick.isAsPredicted(heavy: 0, light: 0.01) == false, "a kick that is not there is no first touch")
  }
}
