import Testing

@testable import SortieProbes

private let text = """
  name: demo
  ID: 42
  format:
  \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
  \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

  \tfield:__data_loc char[] path;\toffset:8;\tsize:4;\tsigned:1;
  \tfield:__u8 insn[15];\toffset:12;\tsize:15;\tsigned:0;
  \tfield:unsigned long rip;\toffset:32;\tsize:8;\tsigned:0;

  print fmt: "%s field:x", REC->rip
  """

@Suite struct EventFormatTests {
  @Test func aFormatIsReadFieldByField() throws {
    let format = try EventFormat(text)
    #expect(format.name == "demo")
    #expect(format.id == 42)
    #expect(format.fields.map(\.name) == ["common_type", "common_pid", "path", "insn", "rip"])
    let rip = try #require(format.field("rip"))
    #expect(
      (rip.type, rip.offset, rip.size, rip.isSigned, rip.isArray) == ("unsigned long", 32, 8, false, false))
    #expect(format.field("path")?.isArray == true)
    #expect(format.field("insn")?.isArray == true)
    #expect(format.field("common_pid")?.isSigned == true)
    #expect(format.field("nothing", "rip") == rip)
  }

  @Test(arguments: [
    ("ID: 42", "ID: 70000", 2), ("ID: 42", "ID: -1", 2), ("name: demo\n", "", 0), ("ID: 42\n", "", 0),
    ("offset:32;", "offset:9999999999999999999;", 9), ("offset:32;", "offset:-4;", 9),
    ("size:8;", "size:;", 9),
    ("signed:0;\n\nprint", "\n\nprint", 9), ("unsigned long rip;", "rip;", 9),
    ("__u8 insn[15];", "__u8 [15];", 8),
  ])
  func whatIsWrongIsNamedWithItsLine(old: String, new: String, line: Int) throws {
    let broken = try #require(text.firstRange(of: old)).lowerBound
    var changed = text
    changed.replaceSubrange(broken..<changed.index(broken, offsetBy: old.count), with: new)
    let error = try #require(throws: EventFormatError.self) { try EventFormat(changed) }
    #expect(error.line == line, "\(error)")
  }

  @Test func lengthAndFieldsAreBounded() {
    #expect(throws: EventFormatError.self) { try EventFormat(String(repeating: "x", count: 1 << 19)) }
    let field = "\tfield:int a;\toffset:0;\tsize:4;\tsigned:1;\n"
    #expect(throws: EventFormatError.self) {
      try EventFormat("name: a\nID: 1\nformat:\n" + String(repeating: field, count: 300))
    }
  }

  @Test(arguments: [
    "", "field: u64 timestamp; offset:0; size:8; signed:0;",
    """
    field: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;
    field: local_t commit;\toffset:8;\tsize:8;\tsigned:1;
    field: char data;\toffset:12;\tsize:4080;\tsigned:1;
    """,
    """
    field: u64 timestamp;\toffset:0;\tsize:4;\tsigned:0;
    field: local_t commit;\toffset:8;\tsize:8;\tsigned:1;
    field: char data;\toffset:16;\tsize:4080;\tsigned:1;
    """,
  ])
  func aPageHeaderThatCannotBeIsRefused(text: String) {
    #expect(throws: EventFormatError.self) { try RingBufferLayout(text) }
  }

  @Test func aHeaderOfLargerSubBuffersIsRead() throws {
    let layout = try RingBufferLayout(
      """
      \tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;
      \tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;
      \tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;
      \tfield: char data;\toffset:16;\tsize:16368;\tsigned:0;
      """)
    #expect(layout.pageSize == 16384)
  }
}
