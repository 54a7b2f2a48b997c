import Testing

extension LiveTests {
  /// What `dump` is asked for and cannot give.
  @Suite struct DumpTests {
    @Test func aVMThatIsNotThereIsNamedWithThoseThatAre() throws {
      let recording = try Recording("pio-write", iterations: 10)
      let absent = try SortieTool.run(["dump", recording.path, "--vm", "7"])
      #expect(absent.status == 2 && absent.messages.contains("--vm 7: \(recording.path) has VM 0"))
      #expect(try SortieTool.run(["dump", recording.path, "--vm", "0"]).status == 0)
    }

    @Test(arguments: ["--from", "--to"])
    func aTimeThatIsNoneIsRefused(option: String) throws {
      let recording = try Recording("pio-write", iterations: 10)
      let result = try SortieTool.run(["dump", recording.path, option, "nan"])
      #expect(result.status == 2 && result.messages.contains(option))
    }
  }
}
