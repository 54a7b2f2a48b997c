import Testing
import WorkloadCatalog

struct VMExitNamesTests {
  @Test("every name of kvm-unit-tests' vmexit leads to a workload of the catalog, and none hides one")
  func names() {
    for (name, workload) in VMExitNames.all {
      #expect(Workload.all.contains { $0.name == workload }, "\(name)")
      #expect(Workload.named(name)?.name == workload, "\(name)")
    }
    #expect(Set(VMExitNames.all.map(\.name)).count == VMExitNames.all.count)
  }
}
