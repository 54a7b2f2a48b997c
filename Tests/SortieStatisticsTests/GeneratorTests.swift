import Testing

@testable import SortieStatistics

struct GeneratorTests {
  @Test("xoshiro256** gives the numbers its authors' C program gives from the state 1, 2, 3, 4")
  func xoshiroVectors() {
    var generator = SeededGenerator(state: (1, 2, 3, 4))
    let expected: [UInt64] = [
      11520, 0, 1_509_978_240, 1_215_971_899_390_074_240, 1_216_172_134_540_287_360,
      607_988_272_756_665_600, 16_172_922_978_634_559_625, 8_476_171_486_693_032_832,
      10_595_114_339_597_558_777, 2_904_607_092_377_533_576,
    ]
    #expect(expected.map { _ in generator.next() } == expected)
  }

  @Test("SplitMix64 gives the published numbers of the seed 1234567")
  func splitMixVectors() {
    var generator = SplitMix64(state: 1_234_567)
    let expected: [UInt64] = [
      6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
    ]
    #expect(expected.map { _ in generator.next() } == expected)
  }

  @Test("indices below a count are all met, about equally often, and nothing else is")
  func indices() {
    var generator = SeededGenerator(seed: 7)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[generator.index(below: 7)] += 1 }
    // Five standard deviations of a binomial count of 10,000.
    #expect(counts.allSatisfy { abs($0 - 10_000) < 465 })
  }

  @Test(
    "a seed gives the order that it gave when this was written: computed from the algorithms' texts, in Python"
  )
  func shuffledOrder() {
    var generator = SeededGenerator(seed: 20161)
    #expect(generator.shuffled(Array(0..<10)) == [7, 5, 1, 9, 6, 0, 4, 2, 3, 8])
    #expect((0..<8).map { _ in generator.coin() } == [false, false, false, false, false, false, true, false])
    #expect(generator.shuffled([Int]()).isEmpty && generator.shuffled([3]) == [3])
  }

  @Test("every order of four comes up about equally often")
  func shufflesEvenly() {
    var generator = SeededGenerator(seed: 7)
    var counts: [[Int]: Int] = [:]
    for _ in 0..<24_000 { counts[generator.shuffled([0, 1, 2, 3]), default: 0] += 1 }
    // A binomial count of mean 1,000 has a standard deviation of 31.
    #expect(counts.count == 24 && counts.values.allSatisfy { (850...1150).contains($0) }, "\(counts)")
  }
}
