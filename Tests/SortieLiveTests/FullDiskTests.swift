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
      let disk = try SmallDisk(bytes: 64 << 10)
      let path = disk.directory.file("run.sortie")
      let result = try SortieTool.run(
        ["record", "pio-write", "--iterations", "40000", "-o", path], limit: 60)
      expectRefusal(result, naming: path)
      #expect(result.messages.contains("No space left on device"), "\(result.messages)")

      let recording = Recording(disk.directory, path: path, result)
      #expect(try !recording.info().finished)
      let report = try recording.report()
      #expect(report.totals.heavy > 1000)
      #expect(report.totals.heavy == UInt64(try recording.events().count { $0.isHeavy }))
    }

    @Test func aDeviceThatTakesNothingIsNamed() throws {
      let result = try SortieTool.run(["record", "pio-write", "--iterations", "100", "-o", "/dev/full"])
      expectRefusal(result, naming: "/dev/full")
    }
  }
}
