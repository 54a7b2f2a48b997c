/// Which exits sites are of, and how often and how long.
public enum SiteScope: String, Sendable {
  /// All that a run had: those of starting up too.
  case wholeRuns = "whole_runs"
  /// Those that lie between two stamps of the guest, `g0..g1`, whole: those of its operations.
  case guestSpans = "guest_spans"
}
