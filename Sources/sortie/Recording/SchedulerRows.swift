import SortieMachine
import SortieTrace

extension StatisticRow {
  /// A reading of a vCPU thread's schedstat as rows (FORMAT.md, section 11).
  static func rows(of reading: SchedulerReading, vm: UInt32, vcpu: UInt32) -> [StatisticRow] {
    [
      ("schedstat_on_cpu_ns", reading.onCPU), ("schedstat_run_delay_ns", reading.runDelay),
      ("schedstat_timeslices", reading.timeslices),
    ].map { StatisticRow(tsc: reading.tsc, vm: vm, vcpu: vcpu, name: $0.0, number: $0.1) }
  }
}
