import SortieProbes
import Testing

@testable import struct SortieProbes.KVMProcess
@testable import struct SortieProbes.RunSighting

@Suite struct KVMProcessTests {
  private static let vm = "anon_inode:kvm-vm"
  private static func vcpu(_ number: Int) -> String { "anon_inode:kvm-vcpu:\(number)" }

  private static func qemu(_ name: String) -> [String] {
    ["/usr/bin/qemu-system-x86_64", "-name", name, "-machine", "q35,accel=kvm", "-smp", "2"]
  }

  private func tree() throws -> ProcessTree {
    let tree = try ProcessTree()
    try tree.add(
      100, Self.qemu("guest=web,,1,debug-threads=on"),
      links: ["/dev/null", "socket:[77]", "/dev/kvm", Self.vm, Self.vcpu(0), Self.vcpu(1)],
      threads: [
        .init(id: 100, name: "qemu-system-x86"), .init(id: 104, name: "CPU 1/KVM"),
        .init(id: 103, name: "CPU 0/KVM"), .init(id: 105, name: "CPU 7/KVM"),
        .init(id: 101, name: "IO mon_iothread"),
      ])
    try tree.add(
      200, ["/usr/bin/firecracker", "--id", "uvm-7", "--api-sock", "/run/fc"],
      links: [Self.vm, Self.vcpu(0)],
      threads: [.init(id: 200, name: "firecracker"), .init(id: 202, name: "fc_vcpu 0")])
    try tree.add(300, ["/bin/sh"], links: ["/dev/null"], threads: [.init(id: 300, name: "sh")])
    return tree
  }

  @Test func processesWithAVMAreFoundByTheirDescriptors() throws {
    let tree = try tree()
    let found = KVMProcess.all(in: tree.files)
    #expect(found.map(\.pid) == [100, 200])
    #expect(found.map(\.name) == ["web,1", "uvm-7"])
    #expect(found[0].program == "qemu-system-x86")
    #expect(found[0].arguments == Self.qemu("guest=web,,1,debug-threads=on"))
    #expect(found[0].vcpus == [0, 1])
  }

  @Test func threadsAreKnownByTheNamesThatMonitorsGiveThem() throws {
    let tree = try tree()
    let qemu = try KVMProcess(100, in: tree.files)
    #expect(qemu.threads.map(\.id) == [103, 104])
    #expect(qemu.threads.map(\.vcpu) == [0, 1])
    #expect(qemu.vcpusWithoutThread.isEmpty)
    // A name may claim a vCPU that the VM does not have.
    #expect(qemu.others == [100, 101, 105])
    #expect(try KVMProcess(200, in: tree.files).threads == [.init(id: 202, name: "fc_vcpu 0", vcpu: 0)])
  }

  @Test func aThreadThatWaitsInTheGuestIsKnownByTheDescriptorItRuns() throws {
    let tree = try ProcessTree()
    let arguments = " 0xae80 0x0 0x0 0x0 0x0 0x7ffc0 0x7f001"
    try tree.add(
      10, ["vmm"], links: [Self.vm, Self.vcpu(0), Self.vcpu(1), Self.vcpu(2)],
      threads: [
        .init(id: 10, name: "vmm", call: "7 0x1 0x1 0xffffffff 0x0 0x0 0x0 0x7ffc0 0x7f001"),
        .init(id: 11, name: "worker", call: "16 0x2" + arguments),
        .init(id: 12, name: "worker", call: "16 0x9" + arguments),
        .init(id: 13, name: "worker", call: "16 0x1 0xae41 0x0 0x0 0x0 0x0 0x7ffc0 0x7f001"),
        .init(id: 9, name: "kvm-nx-lpage-re", call: "16 0x1 0xae80 0x0 0xf 0x37 0x17 0x0 0x0"),
        .init(id: 14, name: "worker", call: "-1 0x7ffc0 0x7f001"),
        .init(id: 15, name: "worker"),
      ])
    var process = try KVMProcess(10, in: tree.files)
    #expect(process.threads == [.init(id: 11, name: "worker", vcpu: 1)])
    #expect(process.vcpusWithoutThread == [0, 2])
    #expect(process.others == [9, 10, 12, 13, 14, 15])
    process.learn(
      [
        .init(thread: 15, descriptor: 3), .init(thread: 14, vcpu: 0), .init(thread: 13, vcpu: 9),
        .init(thread: 99, vcpu: 0),
      ],
      in: tree.files)
    #expect(process.threads.map(\.id) == [14, 11, 15])
    #expect(process.vcpusWithoutThread.isEmpty)
  }

  @Test func theEventsOfASurveyNameThreadAndVCPU() {
    let text = """
      # tracer: nop
      #           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
             CPU 0/KVM-1234    [001] d..2. 987654321: kvm_entry: vcpu 3, rip 0xfff0
             a [2]-x -77      [000] ..... 987654322: sys_enter: NR 16 (1d, ae80, 0, 0, 0, 0)
             vmm-78      [000] ..... 987654323: sys_enter: NR 16 (1d, ae41, 0, 0, 0, 0)
             vmm-78      [000] ..... 987654324: sys_enter: NR 1 (1d, ae80, 0, 0, 0, 0)
             CPU 0/KVM-1234    [001] d..2. 987654329: kvm_entry: vcpu 3, rip 0xfff8
             CPU 0/KVM
      """
    #expect(
      RunSighting.all(in: text) == [.init(thread: 1234, vcpu: 3)],
      "a thread whose name looks like a CPU is passed over")
    #expect(
      RunSighting.all(in: " vmm-78      [000] ..... 98: sys_enter: NR 16 (1d, ae80, 0, 0, 0, 0)")
        == [.init(thread: 78, descriptor: 0x1d)])
  }

  @Test func aVMIsFoundByItsName() throws {
    let tree = try tree()
    #expect(try KVMProcess.named("uvm-7", in: tree.files).pid == 200)
    try tree.add(
      400, Self.qemu("uvm-7"), links: [Self.vm], threads: [.init(id: 400, name: "qemu-system-x86")])
    #expect(throws: AttachError.manyNames("uvm-7", [200, 400])) {
      try KVMProcess.named("uvm-7", in: tree.files)
    }
    #expect(throws: AttachError.noName("other", known: ["web,1", "uvm-7", "uvm-7"])) {
      try KVMProcess.named("other", in: tree.files)
    }
  }

  @Test func whatCannotBeAttachedToSaysWhy() throws {
    let tree = try tree()
    #expect(throws: AttachError.noProcess(999)) { try KVMProcess(999, in: tree.files) }
    #expect(throws: AttachError.noVM(300, program: "sh")) { try KVMProcess(300, in: tree.files) }
    try tree.add(500, ["/bin/ended"], links: [Self.vm], threads: [], state: "Z")
    #expect(throws: AttachError.noProcess(500)) { try KVMProcess(500, in: tree.files) }
  }

  @Test func aProcessThatTookTheIdOfAnotherIsNotIt() throws {
    let tree = try tree()
    let process = try KVMProcess(200, in: tree.files)
    #expect(process.isAlive(in: tree.files))
    try tree.remove(200)
    #expect(!process.isAlive(in: tree.files))
    try tree.add(200, ["/bin/sh"], links: [], threads: [], startTicks: 4712)
    #expect(!process.isAlive(in: tree.files))
  }

  @Test(arguments: [
    (["qemu-system-x86_64", "-name", "plain"], "plain"),
    (["/usr/libexec/qemu-kvm", "-name", "guest=a,process=b"], "a"),
    (["qemu-system-x86_64", "-name", "process=b,guest=a=c"], "a=c"),
    (["qemu-system-x86_64", "-name", "debug-threads=on"], nil),
    (["qemu-system-x86_64", "-smp", "2"], nil), (["qemu-system-x86_64", "-name"], nil),
    (["firecracker", "--id=x"], "x"), (["lkvm", "run", "--name", "box"], "box"), (["sortie", "record"], nil),
    ([], nil),
  ])
  func theCommandLineNamesTheVM(arguments: [String], name: String?) throws {
    let tree = try ProcessTree()
    try tree.add(7, arguments, links: [Self.vm], threads: [], program: "program")
    #expect(try KVMProcess(7, in: tree.files).name == name ?? "program")
  }
}
