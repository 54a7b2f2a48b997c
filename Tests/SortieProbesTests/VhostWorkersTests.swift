import SortieProbes
import Testing

@Suite struct VhostWorkersTests {
  private let device = ["anon_inode:kvm-vm", "/dev/vhost-net"]

  private func thread(_ id: UInt32, _ name: String, _ nanoseconds: UInt64) -> ProcessTree.Thread {
    ProcessTree.Thread(id: id, name: name, nanoseconds: nanoseconds)
  }

  @Test func threadsOfTheProcessAreFoundByTheirNames() throws {
    let tree = try ProcessTree()
    try tree.add(
      70, ["sortie"], links: device,
      threads: [
        thread(70, "sortie", 1), thread(71, "main", 2), thread(72, "vhost-71", 1000),
        thread(73, "vhost-9", 200), thread(74, "vhos", 5),
      ])
    #expect(VhostWorkers.cpuTime(of: 70, in: tree.files) == 1200)
  }

  @Test func beforeLinux6_4TheyAreThreadsOfTheKernel() throws {
    let tree = try ProcessTree()
    try tree.add(70, ["sortie"], links: device, threads: [thread(70, "sortie", 1)])
    try tree.add(90, [], links: [], threads: [thread(90, "vhost-70", 3000)])
    try tree.add(91, [], links: [], threads: [thread(91, "vhost-8", 5)])
    #expect(VhostWorkers.cpuTime(of: 70, in: tree.files) == 3000)
  }

  @Test func withoutTheDeviceOrItsThreadTheTimeIsUnknown() throws {
    let tree = try ProcessTree()
    try tree.add(70, ["sortie"], links: ["anon_inode:kvm-vm"], threads: [thread(72, "vhost-72", 1)])
    try tree.add(80, ["sortie"], links: device, threads: [thread(80, "sortie", 1)])
    #expect(VhostWorkers.cpuTime(of: 70, in: tree.files) == nil)
    #expect(VhostWorkers.cpuTime(of: 80, in: tree.files) == nil)
    #expect(VhostWorkers.cpuTime(of: 99, in: tree.files) == nil)
  }
}
