/// The comparison of a heavy and a light doorbell, checked by hand against the events they are made of.
let goldenComparison = """
  B b.sortie against A a.sortie: the exits differ most in heavy pio write 0xe0/4: 1.00 in A, none in B, of each
    operation; 50.0 % of all that differ. The cycles of exits, mean k0 to k2 on the CPU (tiers kernel and vmm),
    differ most in heavy pio write 0xe0/4: -900 of each operation, 56.3 %. Of the stages of an operation 3
    (kernel) differs most: +500 cycles, 41.7 % of what differs in all.
  A: a.sortie
  B: b.sortie
  Host: AMD EPYC, Linux 6.18.0, TSC 1,000,000 kHz

  Exits by reason, of each operation
  reason         class     A       B
  KVM_EXIT_IO    heavy  1.00  0.0010
  SVM_EXIT_IOIO  light     0    1.00

  Whole runs
  side        operations  heavy/op  light/op  g0-g1/op p50   mean  vCPU CPU/op  I/O CPU/op    op/s
  A a.sortie       1,000      1.00         0         1,400  1,400            -           -  99,800
    stages of an operation: 1 21.4 % 2 21.4 % 3 14.3 % 4 28.6 % 5 14.3 %
  B b.sortie       1,000    0.0010      1.00         1,200  1,200            -           -  99,800
    stages of an operation: 1 25.0 % 3 58.3 % 5 16.7 %
  g0-g1: cycles as the guest stamped them. CPU: what the scheduler counted for the vCPU threads, and for the
  devices' own; - where it was not read, or there are none. Stages: 1 exit path, 2 switch, 3 kernel, 4 VMM, 5
  entry path.

  Site by site; cycles are mean k0 to k2 on the CPU (tiers kernel and vmm)
  side  exits     /op  difference  share %  p50/exit  mean/exit  cycles/op  difference  share %
  heavy pio write 0xe0/4
  A     1,000    1.00           -        -       400        400        900           -        -
    stages: 1 21.4 % 2 21.4 % 3 14.3 % 4 28.6 % 5 14.3 %
  B      none       0       -1.00     50.0         -          -          0        -900     56.3
  light ioio
  A      none       0           -        -         -          -          0           -        -
  B     1,000    1.00       +1.00     50.0       700        700        700        +700     43.8
    stages: 1 25.0 % 3 58.3 % 5 16.7 %
  heavy pio write 0xf4/4
  A         1  0.0010           -        -         -          -          -           -        -
  B         1  0.0010           0     0.00         -          -          -           -        -
  Differences are of each operation, from A; shares are of all that differs, whichever way. p50 and mean are of
  u0 to u1, of light exits k0 to k2, blocked and off-CPU time in them.
  """
