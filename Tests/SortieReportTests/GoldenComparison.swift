/// The comparison of a heavy and a light doorbell, checked by hand against the events they are made of.
let goldenComparison = """
  B b.sortie against A a.sortie: the exits differ most in heavy pio write 0xe0/4: 1.00 in A, none in B, of each
    operation; 50.0 % of all that differ. Cycles of exits, mean k0 to k2 on the CPU (tiers kernel and vmm),
    differ most in heavy pio write 0xe0/4: -900 of each operation, 56.3 %. Of the stages of an operation 3
    (kernel) differs most: +500 cycles, 41.7 % of what differs in all.
  A: a.sortie
  B: b.sortie
  Host: AMD EPYC, Linux 6.18.0, TSC 1,000,000 kHz

  Exits by reason, of each operation
  reason         class     A       B
  KVM_EXIT_IO    heavy  1.00  0.0010
  SVM_EXIT_IOIO  light     0    1.00

  Operations, between the guest's stamps
  side        operations  cycles p50   mean     op/s
  A a.sortie       1,000       1,400  1,400  714,286
  B b.sortie       1,000       1,200  1,200  833,333
  Cycles are g0 to g1, as the guest stamped them, shared out where it stamps several operations at once; op/s is
  by their mean, of a guest without stamps by the length of its run.

  Stages of an operation, mean cycles
  side        1 exit path  2 switch  3 kernel  4 VMM  5 entry path  guest  blocked  off CPU
  A a.sortie          300       300       200    400           200      0        0        0
  B b.sortie          300         0       700      0           200      0        0        0
  They add up to the mean of those operations that have an exit. Guest: between two exits of one operation.
  Blocked, off CPU: the thread slept, or others ran, in none of the stages.

  Whole runs, setting up and filling in what is sent included
  side        heavy/op  light/op  vCPU CPU/op  I/O CPU/op
  A a.sortie      1.00         0            -           -
  B b.sortie    0.0010      1.00            -           -
  CPU: what the scheduler counted for the vCPU threads, and for those that serve the devices, the kernel's for
  vhost and what answers the plan's frames among them; - where it was not read, or there are none.

  Site by site; cycles/op are mean k0 to k2 on the CPU (tiers kernel and vmm)
  side  exits     /op  difference  share %  p50/exit  on CPU/exit  cycles/op  difference  share %
  heavy pio write 0xe0/4
  A     1,000    1.00           -        -       400          900        900           -        -
    stages: 1 21.4 % 2 21.4 % 3 14.3 % 4 28.6 % 5 14.3 %
  B      none       0       -1.00     50.0         -            -          0        -900     56.3
  light ioio
  A      none       0           -        -         -            -          0           -        -
  B     1,000    1.00       +1.00     50.0       700          700        700        +700     43.8
    stages: 1 25.0 % 3 58.3 % 5 16.7 %
  heavy pio write 0xf4/4
  A         1  0.0010           -        -         -            -          -           -        -
  B         1  0.0010           0     0.00         -            -          -           -        -
  Differences are of each operation, from A; shares are of all that differs, whichever way. p50 is of u0 to u1,
  of light exits k0 to k2, blocked and off-CPU time in it.
  """
