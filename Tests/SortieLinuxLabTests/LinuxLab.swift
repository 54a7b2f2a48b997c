import FoundationEssentials
import Glibc
import LabBoot
import SystemPackage
import Testing

/// The lab with Linux guests, booted once for all tests of the PC: each run by Sortie has QEMU's runs of the same guest
/// beside it, so that a stall of the lab is told from one of ours.
enum LinuxLab {
  /// A run of the guest: what ran it, how often it booted, on how many processors.
  struct Run: CustomTestStringConvertible, Sendable {
    let name: String
    let boots: Int
    let processors: Int
    let command: String

    var testDescription: String { name }
  }

  /// MiB that the host takes back by the balloon.
  static let balloonMiB = 16

  static let ours = [
    Run(
      name: "one", boots: 2, processors: 1,
      command: "sortie '\(steps("balloon")) lab.balloon=\(balloonMiB << 8) lab.end=cycle' "
        + "--net tap0 --balloon \(balloonMiB) --on-reboot restart"),
    Run(
      name: "two", boots: 1, processors: 2,
      command: "sortie '\(steps())' --vcpus 2 --irqchip split --kick exit --interrupt ioctl --net tap0,vhost"),
  ]

  static let controls = [
    Run(name: "pc-one", boots: 2, processors: 1, command: "pc '\(steps()) lab.end=cycle' \(qemuDevices())"),
    Run(
      name: "pc-two", boots: 1, processors: 2, command: "pc '\(steps())' -smp 2 \(qemuDevices(",vhost=on"))"),
  ]

  private static func steps(_ more: String...) -> String {
    "lab.steps=" + (["disk", "net", "rng", "hvc"] + more).joined(separator: ",") + " lab.blocks=16"
  }

  private static func qemuDevices(_ netdev: String = "") -> String {
    "-netdev tap,id=net,ifname=tap0,script=no,downscript=no\(netdev) "
      + "-device virtio-net-pci,netdev=net,romfile= -device virtio-balloon-pci"
  }

  /// A Multiboot kernel, flat by its address fields, that writes 0x10 to port 0xf4: `mov $0x10, %al; out %al, $0xf4`.
  private static let multiboot: [UInt8] = {
    let address: UInt32 = 0x10_0000
    let words: [UInt32] = [
      0x1bad_b002, 0x1_0000, 0 &- 0x1bad_b002 &- 0x1_0000, address, address, 0, 0, address + 32,
    ]
    return words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
      + [0xb0, 0x10, 0xe6, 0xf4]
  }()

  /// What Linux does on each emulated device: operations of the plan on a disk, pings, and so many times 4 KiB each way. So few,
  /// for each by PIO has hundreds of exits.
  static let operations: UInt64 = 8
  /// Bytes of a ping.
  static let pingBytes = 1000

  /// How often Linux boots in turns with QEMU: a boot of either is a quarter of a minute.
  static let boots = getenv("SORTIE_TEST_LONG") == nil ? 0 : 50

  private static let commands: [(name: String, command: String)] =
    (ours + controls).map { ($0.name, "linux-step \($0.command)") } + [
      ("attach", boots > 0 ? "attach-step more" : "attach-step"),
      ("emulated", "devices-step emulated \(operations) \(pingBytes)"),
      ("flush", "flush-step"),
      (
        "multiboot",
        "printf '"
          + multiboot.map { "\\" + String(String(UInt16($0) + 0o1000, radix: 8).suffix(3)) }.joined()
          + "' >kernel; sortie record --kernel kernel --memory 16 --no-kernel -o trace.sortie"
      ),
    ] + (boots > 0 ? [("boots", "boots-step \(boots)")] : [])

  /// Why there is no lab; nil where there is one.
  static let obstacle = LabBoot.obstacle(preparedBy: [
    "prepare", "prepare full", "prepare-program perf", "prepare-program qemu",
  ])

  static let boot = LabBoot(
    name: "linux",
    options: "--qemu --linux-full --perf --memory 4096 --scratch 1024 --limit \(300 + 60 * boots) "
      + ["linux-step", "attach-step", "devices-step", "flush-step", "boots-step"]
      .map { "--add '\(LabBoot.root)/Tests/Lab/\($0)'" }.joined(separator: " "),
    commands: commands)

  /// The scratch disk, as the guests have left it.
  static let scratch = LabBoot.root.appending(".build/lab/linux.scratch")

  /// What a run left in a file, without the last line's end.
  static func left(_ file: String, by run: Run) throws -> String {
    let text = try boot.contents(of: "\(run.name).files/\(file)")
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }

  /// What the guest said of its steps, boot by boot. What it says on the virtio console may stand in the middle of a line.
  static func said(by run: Run) throws -> [String] {
    try left("console", by: run).replacing("said on hvc0\r\n", with: "").split(whereSeparator: \.isNewline)
      .compactMap { line in line.firstMatch(of: /guest: (.*)/).map { String($0.1) } }
  }

  /// The report of a run, as JSON.
  static func report(of run: Run) throws -> Report {
    let output = try LabBoot.report(on: boot.file("trace.sortie", of: run.name))
    return try JSONDecoder().decode(Report.self, from: Data(output.utf8))
  }

  /// The part of the report that is looked at.
  struct Report: Decodable {
    struct Totals: Decodable {
      var lost: UInt64
      var unknown: UInt64
      var inversions: UInt64
      var exitEvents: UInt64
      var kvmCounterExits: UInt64?

      private enum CodingKeys: String, CodingKey {
        case lost, unknown, inversions
        case exitEvents = "exit_events"
        case kvmCounterExits = "kvm_counter_exits"
      }
    }
    struct Verdict: Decodable {
      struct Check: Decodable {
        var name: String
        var state: String
        var text: String
      }
      var checks: [Check]
    }
    var totals: Totals
    var verdict: Verdict
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips where the lab cannot be had, with the reason.
  static var needsLinuxLab: ConditionTrait {
    .enabled(if: LinuxLab.obstacle == nil, "needs the lab: \(LinuxLab.obstacle ?? "")")
  }
}
