import Testing

extension LiveTests {
  /// Files that are no whole trace, as `report`, `info` and `dump` meet them.
  @Suite struct BadTraceTests {
    static let verbs = ["report", "info", "dump"]

    @Test(arguments: verbs)
    func aMissingTraceIsNamed(verb: String) throws {
      expectRefusal(try SortieTool.run([verb, "/no/such.sortie"]), naming: "/no/such.sortie")
    }

    @Test(arguments: verbs)
    func whatIsNoTraceIsRefused(verb: String) throws {
      let directory = try TemporaryDirectory()
      for (name, bytes) in [
        ("empty", []), ("text", Array("no trace at all, but long enough to be one".utf8)),
      ] {
        let path = try directory.write(bytes, to: name)
        expectRefusal(try SortieTool.run([verb, path]), naming: path)
      }
      let image = try SortieTool.image("pio-write")
      expectRefusal(try SortieTool.run([verb, image]), naming: image)
    }

    @Test(arguments: verbs)
    func aTraceOfANewerMajorVersionIsRefused(verb: String) throws {
      let recording = try Recording("pio-write", iterations: 10)
      var bytes = try recording.directory.read("run.sortie")
      // FORMAT.md: the major version is at 16 of the header, its CRC-32C at 84.
      bytes[16] = 2
      let sum = crc32c(bytes[..<84])
      for byte in 0..<4 { bytes[84 + byte] = UInt8(truncatingIfNeeded: sum >> (8 * UInt32(byte))) }
      let path = try recording.directory.write(bytes, to: "newer.sortie")
      let result = try SortieTool.run([verb, path])
      expectRefusal(result, naming: path)
      #expect(result.messages.contains("format 2"))
    }

    @Test func aTraceThatIsCutAnywhereIsReadAsFarAsItGoesOrRefused() throws {
      let recording = try Recording("pio-write", iterations: 200)
      let bytes = try recording.directory.read("run.sortie")
      for length in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 12)) {
        try expectRefusalOrNote(Array(bytes.prefix(length)), recording.directory)
      }
      try expectRefusalOrNote(bytes.dropLast(), recording.directory)
    }

    @Test func aTraceWithAWrongByteIsReadAroundItOrRefused() throws {
      let recording = try Recording("pio-write", iterations: 200)
      let bytes = try recording.directory.read("run.sortie")
      for offset in stride(from: 4, to: bytes.count, by: max(1, bytes.count / 12)) {
        var damaged = bytes
        damaged[offset] ^= 0x10
        try expectRefusalOrNote(damaged, recording.directory)
      }
    }

    /// Each verb either refuses the file or does its work and says that the file is not whole.
    private func expectRefusalOrNote(_ bytes: [UInt8], _ directory: TemporaryDirectory) throws {
      let path = try directory.write(bytes, to: "damaged.sortie")
      for arguments in [["report", path, "--json"], ["dump", path, "--json"]] {
        let result = try SortieTool.run(arguments)
        if result.status == 0 {
          #expect(result.messages.contains("not whole"), "\(bytes.count) bytes: \(result.messages)")
        } else {
          expectRefusal(result, naming: path)
        }
      }
    }

    /// RFC 3720, appendix B.4.
    private func crc32c(_ bytes: ArraySlice<UInt8>) -> UInt32 {
      ~bytes.reduce(~0) { sum, byte in
        (0..<8).reduce(sum ^ UInt32(byte)) { bits, _ in bits >> 1 ^ (bits & 1 == 1 ? 0x82f6_3b78 : 0) }
      }
    }
  }
}
