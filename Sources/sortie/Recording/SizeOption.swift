import ArgumentParser

/// How large a trace may become.
struct SizeOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Keep the trace within this size, such as 200MB: the oldest events are left out, and counted. Between a half and all of it is kept; while recording, a second file of at most half the size (.next) stands beside it.",
      valueName: "size"),
    transform: { try ByteCount($0) })
  var maxSize: ByteCount?
}
