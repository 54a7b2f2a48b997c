/// A range of a stream in which events are missing.
public struct LossRow: TraceRow, Equatable {
  /// ``TableID/losses``.
  public static var table: TableID { .losses }

  /// The stream; nil where the file is too damaged to tell.
  public var stream: StreamID?
  /// No event before it is missing, cycles of the stream's clock.
  public var firstTSC: UInt64
  /// No event behind it is missing, cycles of the stream's clock.
  public var lastTSC: UInt64
  /// Why; nil for a cause this reader does not know.
  public var cause: LossCause?
  /// How many events; nil if unknown.
  public var count: UInt64?

  /// A row with these values.
  public init(stream: StreamID?, firstTSC: UInt64, lastTSC: UInt64, cause: LossCause, count: UInt64?) {
    self.stream = stream
    self.firstTSC = firstTSC
    self.lastTSC = lastTSC
    self.cause = cause
    self.count = count
  }

  /// A row as read.
  public init(_ values: TraceRowValues) throws(TraceError) {
    stream = try values.optional(.stream).map { StreamID(rawValue: $0) }
    firstTSC = try values.required(.tsc)
    lastTSC = try values.required(.lastTSC)
    cause = LossCause(rawValue: try values.required(.cause))
    count = values.integer(.count)
  }

  /// Hands over the values.
  public func write(to builder: inout TraceRowBuilder) {
    builder.put(.stream, stream?.rawValue)
    builder.put(.tsc, firstTSC)
    builder.put(.lastTSC, lastTSC)
    builder.put(.cause, cause?.rawValue)
    builder.put(.count, count)
  }
}
