import Glibc
import Testing

extension LiveTests {
  /// Options of a PC that `record` refuses, each with a sentence that names the option, and without a trace.
  @Suite struct BadPCTests {
    /// Arguments; what the message names beside the last option among them; the status.
    typealias Case = (arguments: [String], naming: String, status: Int32)

    private let directory: TemporaryDirectory

    /// Files of all kinds under the names that the cases use.
    init() throws {
      directory = try TemporaryDirectory()
      try directory.write(PCKernel.pvh(PCKernel.exit), to: "good")
      try directory.write(Array("#!/bin/sh\n".utf8), to: "text")
      try directory.write([], to: "empty")
      try directory.write(PCKernel.bzImage, to: "linux")
      try directory.write(Array(PCKernel.bzImage.prefix(4096)), to: "cut")
      try directory.write([UInt8](repeating: 0, count: 4096), to: "disk")
      try directory.write([UInt8](repeating: 0, count: 1000), to: "odd")
      mkdir(directory.file("directory"), 0o755)
      truncate(directory.file("empty"), 0)
      try directory.write([], to: "large")
      truncate(directory.file("large"), 32 << 20)
    }

    static let files: [Case] = [
      (["--kernel", "missing"], "No such file", 1),
      (["--kernel", "directory"], "no regular file", 1),
      (["--kernel", "text"], "no bzImage, no ELF kernel and has no Multiboot header", 1),
      (["--kernel", "empty"], "is empty", 1),
      (["--kernel", "cut"], "is cut off", 1),
      (["--initrd", "missing"], "No such file", 1),
      (["--initrd", "large"], "give --memory 34 MiB or more", 1),
      (
        ["--kernel", "linux", "--append", String(repeating: "a", count: 5000)],
        "has 5000 bytes, the kernel takes at most 2047", 1
      ),
      (["--disk", "missing"], "truncate -s 1G", 1),
      (["--disk", "odd"], "no multiple of 512", 1),
      (["--disk", "empty"], "is empty", 1),
      (["--disk", "directory"], "Is a directory", 1),
      (["--disk", "disk", "--disk", "disk"], "in use", 1),
      (["--net", "unix:disk"], "no socket", 1),
      (["--console", "unix:disk"], "remove what lies there or name another path", 1),
      (["--console", "directory"], "Is a directory", 1),
      (["--memory", "1048576"], "from 16 to 524288 MiB", 2),
    ]

    static let commandLines: [Case] = [
      (["--net", ""], "an interface's name has 1 to 15", 2),
      (["--net", "a/b"], "an interface's name has 1 to 15", 2),
      (["--net", "aNameOf16Letters"], "an interface's name has 1 to 15", 2),
      (["--net", "tap9,mac=01:00:00:00:00:00"], "mac=01:00:00:00:00:00", 2),
      (["--net", "tap9,mac=nonsense"], "mac=nonsense", 2),
      (["--net", "tap9,speed=1"], "speed=1", 2),
      (["--net", "unix:"], "path", 2),
      (["--net", "unix:s,vhost"], "vhost works on a tap interface only", 2),
      (["--net", "tap9,vhost,e1000"], "e1000 is none", 2),
      (["--disk", ",ro"], "name a file", 2),
      (["--disk", ",ide"], "name a file", 2),
      (
        (0..<5).flatMap { _ in ["--disk", "disk,ide"] }, "4 on the controller's two cables", 2
      ),
      (["--memory", "15"], "from 16", 2),
      (["--vcpus", "0"], "from 1 to 64", 2),
      (["--vcpus", "65"], "from 1 to 64", 2),
      (["--balloon", "16"], "less than the guest's memory", 2),
      (["--balloon=-1"], "0 MiB or more", 2),
      (["--paravirt", "nonsense"], "kvmclock", 2),
      (["--irqchip", "nonsense"], "'kernel' and 'split'", 2),
      (["--kick", "nonsense"], "'ioeventfd' and 'exit'", 2),
      (["--interrupt", "nonsense"], "'irqfd' and 'ioctl'", 2),
      (["--on-reboot", "nonsense"], "'restart' and 'end'", 2),
      (["--pin", "0,1"], "one host CPU for each", 2),
      (["--console", "tty"], "no terminal", 2),
      (["--console", "unix:"], "1 to 107 bytes", 2),
    ]

    @Test(arguments: files.indices) func aFileThatIsWrongIsNamedWithItsOption(index: Int) throws {
      try expect(Self.files[index])
    }

    @Test(arguments: commandLines.indices)
    func anOptionThatIsWrongIsNamedAndEndsWithStatus2(index: Int) throws {
      try expect(Self.commandLines[index])
    }

    private func expect(_ wrong: Case) throws {
      let isKernel = wrong.arguments[0] == "--kernel"
      let hasMemory = wrong.arguments[0] == "--memory"
      let trace = directory.file("run.sortie")
      // Paths are of the test's directory; no other argument is the name of a file there.
      let arguments = wrong.arguments.map { argument in
        let path = argument.split(separator: ":").last.map(String.init) ?? ""
        guard access(directory.file(path), F_OK) == 0 || path == "missing" else { return argument }
        return argument.dropLast(path.count) + directory.file(path)
      }
      let result = try SortieTool.run(
        ["record", "--no-kernel", "-o", trace]
          + (isKernel ? [] : ["--kernel", directory.file("good")]) + (hasMemory ? [] : ["--memory", "16"])
          + arguments)
      #expect(result.status == wrong.status, "\(result.messages)")
      let option = wrong.arguments.last { $0.hasPrefix("--") }?.prefix { $0 != "=" } ?? ""
      let sentence = result.messages.split(separator: "\n").first {
        $0.hasPrefix("sortie: ") || $0.hasPrefix("Error: ")
      }
      #expect(sentence?.contains(option) == true, "\(result.messages)")
      #expect(sentence?.contains(wrong.naming) == true, "\(result.messages)")
      #expect(access(trace, F_OK) != 0, "no trace is begun")
      #expect(result.output.isEmpty)
    }

    @Test(arguments: [
      ["--initrd", "x"], ["--append", "x"], ["--disk", "x"], ["--net", "x"], ["--virtio-console"],
      ["--balloon", "1"], ["--hugepages"], ["--no-thp"], ["--paravirt", "off"],
      ["--kick", "exit"], ["--interrupt", "ioctl"], ["--on-reboot", "restart"],
    ])
    func anOptionOfAPCWithoutAKernelIsRefused(option: [String]) throws {
      let result = try SortieTool.run(["record", "pio-write", "-o", directory.file("run.sortie")] + option)
      #expect(result.status == 2)
      #expect(result.messages.contains("\(option[0]) needs a --kernel to boot"), "\(result.messages)")
    }

    @Test func aWorkloadBesideAKernelIsRefused() throws {
      let result = try SortieTool.run(["record", "pio-write", "--kernel", directory.file("good")])
      #expect(result.status == 2)
      #expect(result.messages.contains("--kernel boots a PC: no workload"), "\(result.messages)")
    }

    @Test func ofADiskThatMayOnlyBeReadTheMessageSaysHow() throws {
      let disk = directory.file("disk")
      try #require(chmod(disk, 0o444) == 0)
      let refused = try record(["--disk", disk], without: "dac_override")
      #expect(refused.status == 1)
      #expect(refused.messages.contains("--disk: cannot open \(disk) for writing"), "\(refused.messages)")
      #expect(refused.messages.contains("to read only, say \(disk),ro"), "\(refused.messages)")
      #expect(try record(["--disk", disk + ",ro"], without: "dac_override").status == 33)
    }

    @Test func aTapInterfaceWithoutThePrivilegeForItSaysWhatToDo() throws {
      let refused = try record(["--net", "sortietest9"], without: "net_admin")
      #expect(refused.status == 1)
      #expect(refused.messages.contains("--net: "), "\(refused.messages)")
      let mends = refused.messages.contains("as root") || refused.messages.contains("modprobe tun")
      #expect(mends, "\(refused.messages)")
    }

    @Test func nothingButAnOlderTraceIsOverwritten() throws {
      for name in ["text", "good"] {
        let before = try directory.read(name)
        let result = try SortieTool.run([
          "record", "--kernel", directory.file("good"), "-o", directory.file(name),
        ])
        #expect(result.status == 2)
        #expect(result.messages.contains("is not overwritten"), "\(result.messages)")
        #expect(try directory.read(name) == before)
      }
    }

    @Test func anOlderTraceSurvivesAPCThatCannotBeMade() throws {
      let path = directory.file("run.sortie")
      #expect(try record([]).status == 33)
      let before = try directory.read("run.sortie")
      #expect(try record(["--disk", directory.file("odd")]).status == 1)
      #expect(try directory.read("run.sortie") == before, "\(path)")
    }

    /// Records the kernel that is good, as a process that has not got `capability` where this one has it.
    private func record(_ more: [String], without capability: String? = nil) throws -> Subprocess.Result {
      let arguments =
        [
          "record", "--kernel", directory.file("good"), "--memory", "16", "--no-kernel", "-o",
          directory.file("run.sortie"),
        ] + more
      guard let capability, geteuid() == 0 else { return try SortieTool.run(arguments) }
      let program = try #require(SortieTool.path)
      let drop = ["--bounding-set=-\(capability)", "--inh-caps=-\(capability)"]
      return try Subprocess("setpriv", drop + [program] + arguments).wait(limit: 30)
    }
  }
}
