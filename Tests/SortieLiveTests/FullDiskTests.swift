import Glibc
import Testing

/// A file system in memory that is soon full.
private final class SmallDisk {
  let directory: TemporaryDirectory

  /// Why there is none here; nil if there is.
  static let obstacle: String? = {
    do {
      _ = try SmallDisk(bytes: 1 << 16)
      return nil
    } catch {
      return "\(error)"
    }
  }()

  init(bytes: Int) throws {
    directory = try TemporaryDirectory()
    guard mount("tmpfs", directory.path, "tmpfs", 0, "size=\(bytes)") == 0 else {
      throw Subprocess.Failure(description: "tmpfs cannot be mounted: \(String(cString: strerror(errno)))")
    }
  }

  deinit { umount2(directory.path, Int32(MNT_DETACH)) }
}

extension LiveTests {
  @Suite struct FullDiskTests {
    @Test(.enabled(if: SmallDisk.obstacle == nil, "needs a small disk: \(SmallDisk.obstacle ?? "")"))
    func aFullDiskIsNamedAndWhatWasWrittenIsReadable() throws {
      // Room for the tables and for some flushes of every stream: the kernel's events of the first half second fill 40 KiB.
      let disk = try SmallDisk(bytes: 256 << 10)
      let path = disk.directory.file("run.sortie")
      // The guest would run for days: that its events can no longer be recorded must end it.
      let result = try SortieTool.run(
        ["record", "pio-write", "--iterations", "1000000000000", "-o", path], limit: 60)
      expectRefusal(result, naming: path)
      #expect(result.messages.contains("No space left on device"), "\(result.messages)")

      let recording = Recording(disk.directory, path: path, result)
      let report = try recording.report()
      #expect(report.totals.heavy > 1000)
      #expect(try !recording.info().finished || report.totals.lost > 0, "that events are missing is said")
      #expect(try recording.heavyEvents() == report.totals.heavy)
    }

    @Test func aDeviceThatTakesNothingIsNamed() throws {
      let result = try SortieTool.run(["record", "pio-write", "--iterations", "100", "-o", "/dev/full"])
      expectRefusal(result, naming: "/dev/full")
    }
  }
}
