import GuestSupport

/// Nothing between the stamps: what the stamps themselves cost.
@main
struct Empty: Workload {
  static func run(_ guest: Guest) {
    guest.measure {}
  }
}
