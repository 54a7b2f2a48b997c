import ArgumentParser
import SortieMachine
import SystemPackage

/// `sortie io-plan`.
struct IOPlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "io-plan",
    abstract: "Perform the I/O plan of the disk guests through an operating system's driver.",
    discussion: """
      The guests disk-virtio, disk-ide-pio and disk-ide-dma perform an I/O plan with drivers of their own. This does the \
      same inside a Linux guest, with its drivers: `fill` makes the image beforehand, `perform` reads and writes the \
      guest's block device past the page cache, and prints a checksum over all that it read, and `check` holds the \
      image and that checksum against the plan afterwards. The same options make the same plan. What the exits of it \
      cost, `sortie record --kernel … --disk IMAGE[,ide]` tells.

      EXIT STATUS
        0  done; `check`: every byte is as the plan predicts
        1  it could not be done; `check`: the message says where what is there differs
        2  the command line is wrong
      """,
    subcommands: [Fill.self, Perform.self, Check.self])

  /// The numbers that a plan is computed from.
  struct PlanOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("The image, or the block device.", valueName: "file"))
    var path: String

    @Option(help: ArgumentHelp("Reads and writes.", valueName: "n"))
    var operations: UInt64 = 64

    @Option(help: ArgumentHelp("Bytes of each, a multiple of 512.", valueName: "n"))
    var bytes: UInt64 = 4096

    @Option(help: ArgumentHelp("Operations under way at once.", valueName: "n"))
    var depth: UInt64 = 1

    @Option(help: ArgumentHelp("Writes among them, percent.", valueName: "n"))
    var writes: UInt64 = 50

    @Flag(help: "Block after block, and not in random order.")
    var sequential = false

    @Option(help: ArgumentHelp("What data, directions and blocks are drawn from.", valueName: "n"))
    var seed: UInt64 = 1

    /// The plan on the file.
    ///
    /// - Throws: ``Failure`` where no disk can perform it.
    func plan() throws(Failure) -> PlanOnDevice {
      do {
        let plan = try IOPlan(
          for: .virtioBlock, operations: operations, bytes: bytes, seed: seed, depth: depth,
          writePercent: writes,
          isSequential: sequential)
        return PlanOnDevice(plan, path: FilePath(path))
      } catch {
        throw Failure(error)
      }
    }
  }

  struct Fill: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Make the image that the plan begins with.")
    @OptionGroup var options: PlanOptions

    func run() throws {
      do { try options.plan().fill() } catch { throw error as? Failure ?? Failure(error) }
    }
  }

  struct Perform: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Perform the plan; prints the checksum of what was read.")
    @OptionGroup var options: PlanOptions

    func run() throws {
      do {
        try Output.print("0x" + String(options.plan().perform(), radix: 16))
      } catch { throw error as? Failure ?? Failure(error) }
    }
  }

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Hold the image, and what was read, against the plan.")
    @OptionGroup var options: PlanOptions

    @Option(help: ArgumentHelp("What `perform` printed.", valueName: "0x…"))
    var readChecksum: String

    func run() throws {
      guard readChecksum.hasPrefix("0x"), let checksum = UInt64(readChecksum.dropFirst(2), radix: 16) else {
        throw ValidationError("--read-checksum \(readChecksum): give what `perform` printed, such as 0x1234")
      }
      do {
        if let problem = try options.plan().problem(readChecksum: checksum) {
          throw Failure("\(options.path): \(problem)")
        }
      } catch { throw error as? Failure ?? Failure(error) }
    }
  }
}
