/// The report of `sampleTrace()`, checked by hand against the events it is made of.
let golden = """
  Verdict: all that can be checked here holds: the file is whole, nothing lost, every event in order,
  every reason known. Not known here: time closure, agreement with schedstat, agreement on time on a
  CPU alone, KVM's count of exits.
  1,101 round trips to the VMM and 1 kick, 1 VM, 1 vCPU, 9.63 ms of vCPU thread time, 1.88 % of it in
  the VMM. Dearest in the VMM: pio write 0xe0/4, median 403 cycles (165 ns). To the guest an operation
  costs a median of 1,403 cycles (574 ns); of the usual ones, up to the 90th percentile, 42.8 % of the
  time is the way out, 28.7 % the VMM, 28.5 % the way back. Mind the warnings at the end.
  This KVM emulates guest code: no hardware exit is measured here.
  Host: lab, AMD EPYC 9B14, Linux 6.18.0, TSC 2,445,430 kHz

  Operations in the guest, g0 to g1 (tier guest, interval guest_round_trip), cycles
  site             class  count  rate /s  time %     p50     p90     p99   p99.9     max
  guest pio-write  heavy  1,100  114,213    6.55   1,403   1,406   1,406   1,406   1,406
                                                  574 ns  575 ns  575 ns  575 ns  575 ns

  Where an operation with a round trip goes (tiers guest and vmm)
  part                       p50    time    p90   mean  all: %  to p90: %  over p99: %
  guest to host, g0 to u0    600  245 ns    600    600    42.8       42.8            -
  in the VMM, u0 to u1       403  165 ns    406    403    28.7       28.7            -
  host to guest, u1 to g1    400  164 ns    400    400    28.5       28.5            -
  the whole, g0 to g1      1,403  574 ns  1,406  1,403   100.0      100.0            -
  Cycles; medians do not add up. Shares: of all operations, of those up to the 90th percentile, and of
  those beyond the 99th.

  Light against heavy, cycles
                                 tier        count    p50    time    p90    p99  all of them
  heavy change, (g1-g0)-(u1-u0)  guest, vmm  1,100  1,000  409 ns  1,000  1,000       1.10 M
  A heavy change is out of the guest, to user space and back: a rule of thumb says 10,000 cycles, the
  median here is 1,000, ×0.10. This host's KVM emulates guest code: no hardware exit is in that
  figure.

  Sites in the VMM, u0 to u1 (tier vmm, interval vmm), cycles
  site              class  count  rate /s  time %     p50     p90     p99   p99.9     max
  pio write 0xe0/4  heavy  1,100  114,213    1.88     403     406     406     406     406
    latch, mean 100                                165 ns  166 ns  166 ns  166 ns  166 ns
  kick              kick       1      104    0.00     400       -       -       -     400
                                                   164 ns                          164 ns
  pio write 0xf4/1  heavy      1      104       -       -       -       -       -       -
    debug-exit

  Instructions (tier vmm, interval vmm), cycles
  site              rip       count  rate /s  time %  p50  p90  p99  max
  pio write 0xe0/4  0x100012  1,100  114,213    1.88  403  406  406  406
    port_write+0x12
  pio write 0xf4/1  0x100040      1      104       -    -    -    -    -
    port_write+0x40

  Reasons in the VMM (tier vmm, interval vmm), cycles
  site         class  count  rate /s  time %     p50     p90     p99   p99.9     max
  KVM_EXIT_IO  heavy  1,101  114,317    1.88     403     406     406     406     406
                                              165 ns  166 ns  166 ns  166 ns  166 ns
  kick         kick       1      104    0.00     400       -       -       -     400
                                              164 ns                          164 ns

  vCPU threads, first to last KVM_RUN
  vm           vcpu  heavy  kicks     wall  in VMM %  in KVM_RUN %  unaccounted %  VMM p50 cycles
  0 pio-write     0  1,101      1  9.63 ms      1.88          98.1           0.00             403

  Cost of the probes, measured in this run (not subtracted from any figure)
  probe                      median cycles     time
  vmm stamps and ring store             93  38.0 ns
    on/off blocks of 1000

  What these figures can be trusted for
    !! This KVM emulates guest code: there is no hardware exit. What the VMM timed is real; guest
       round trips show the emulator; do not compare either with hardware.
    -- No kernel events in this trace: episodes, light exits seen by the kernel, and the five stages
       are unknown; inside KVM_RUN, guest, kernel and blocked time are not told apart.
    -- The scheduler's account of the vCPU threads (schedstat) was not recorded.
    ok Nothing was declared lost.
    -- KVM's counter says 9,000 exits: not comparable on this host, so light exits are unknown, not
       zero.
    ok 1,100 guest spans: 1,100 with round trips inside (1,100), 0 with none.
    ok Every event is in order.

  """
