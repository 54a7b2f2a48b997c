public import GuestABI

/// A guest: what it runs between its first instruction and its exit.
public protocol Workload {
  /// Runs on the boot processor; returning ends the run with success.
  static func run(_ guest: Guest)
}

extension Workload {
  /// The `main` that `_start` calls: exceptions are caught from here on.
  @inline(__always)
  public static func main() {
    Interrupts.installExceptionHandlers()
    run(Guest())
    exit(with: SORTIE_EXIT_SUCCESS)
  }
}
