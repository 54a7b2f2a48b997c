/// Which exits sites are of, and how often and how long.
public enum SiteScope: String, Sendable {
  /// All that a run had: those of starting up too.
  case wholeRuns = "whole_runs"
  /// Those that lie between two stamps of the guest, `g0..g1`, whole: those of its operations. What a switch to user space
  /// costs where no exit is reported, and the longest stays, are of whole runs all the same.
  case guestSpans = "guest_spans"
}
