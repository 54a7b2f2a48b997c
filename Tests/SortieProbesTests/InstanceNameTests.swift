import Glibc
import Testing

@testable import SortieProbes

@Suite struct InstanceNameTests {
  @Test func namesAreReadBackAndDifferFromOneAnother() throws {
    let first = try #require(InstanceName.next())
    let second = try #require(InstanceName.next())
    #expect(first != second)
    #expect(InstanceName("\(first)") == first)
    #expect(first.pid == getpid())
  }

  @Test(arguments: [
    "sortie", "sortie-1", "sortie-test-1234", "sortie-0-1-1-0", "sortie--1-1-1-0", "sortie-1-2-3-x",
    "sortie-01-2-3-4",
    "sortie-1-2-3-4-5", "other-1-2-3-4", "sortie-99999999999-2-3-4", "",
  ])
  func namesOfOthersAreNotOurs(name: String) { #expect(InstanceName(name) == nil) }

  @Test func onlyAnEndedProcessOfThisNamespaceLeavesAnOrphan() throws {
    let own = try #require(InstanceName.next())
    #expect(!own.isOrphan)
    var reused = own
    reused.startTicks += 1
    #expect(reused.isOrphan)
    var elsewhere = reused
    elsewhere.namespace += 1
    #expect(!elsewhere.isOrphan)
    var gone = own
    // Beyond the greatest id that Linux gives (PID_MAX_LIMIT).
    gone.pid = 4_194_305
    #expect(gone.isOrphan)
    var first = own
    first.pid = 1
    let process = try #require(InstanceName.Process(pid: 1))
    first.startTicks = process.startTicks
    #expect(!first.isOrphan)
  }

  @Test func aCommandMayHoldAnything() throws {
    let fields = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20 21"
    let process = try #require(InstanceName.Process(stat: "12 (a) Z 9) \(fields)"))
    #expect(process.startTicks == 4711)
    #expect(!process.hasEnded)
    #expect(InstanceName.Process(stat: "12 (a) Z\(fields.dropFirst())")?.hasEnded == true)
    #expect(InstanceName.Process(stat: "12 (a) S 1 2") == nil)
    #expect(InstanceName.Process(stat: "") == nil)
  }
}
