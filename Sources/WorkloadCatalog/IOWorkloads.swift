extension Workload {
  /// Guests that perform one and the same I/O plan (`io_plan.h`), each on another device.
  public static let io: [Workload] = [
    Workload(
      name: "console-16550",
      summary: "an I/O plan on the emulated 16550 UART, polled",
      details: """
        Chunks of characters to a 16550 with its FIFOs on: the line status is read until the transmitter is empty, then \
        sixteen characters are written, a port write each. So a chunk of 64 makes 4 + 64 heavy exits and as many round \
        trips; the device model has sent what is written when the write returns, so one look at the status is always \
        enough. The machine holds what arrives against the plan. Compare console-virtio.
        """,
      defaultIterations: 64,
      parameters: consoleParameters,
      requirements: [.uart],
      expect: { host, values in polledUART(bytes: values[0], on: host) },
      device: .uart),
    Workload(
      name: "console-virtio",
      summary: "an I/O plan on a virtio console",
      details: """
        Chunks of characters, each one buffer in the transmit queue of a virtio console on PCI: a kick, HLT, the \
        device's interrupt (MSI-X) and its EOI, whatever the size of the chunk. With ioeventfd the kick is a light exit \
        and a chunk makes no round trip; with --kick exit it is a heavy one. The machine holds what arrives against the \
        plan. Compare console-16550.
        """,
      defaultIterations: 64,
      parameters: consoleParameters,
      requirements: [.x2APIC],
      expect: { host, _ in virtio(batch: 1, setup: setup(queues: 1), on: host) },
      device: .virtioConsole,
      kicks: { _ in ExpectedCount(perIteration: 0...1) }),
    Workload(
      name: "disk-ide-dma",
      summary: "an I/O plan on an IDE disk, by bus-master DMA",
      details: """
        Reads and writes of a disk in the machine's memory by the PIIX3's IDE controller: six registers of the task file \
        give a command, six of the bus master prepare, start and end the transfer, and the status is read after the \
        interrupt (IRQ 14), which ends it. So an operation of any size makes 13 heavy exits and as many round trips, and \
        besides an HLT and the interrupt's EOI. The guest gives back the checksum over all it has read, and the machine \
        holds it and the disk's image against the plan.
        """,
      defaultIterations: 64,
      parameters: diskParameters,
      requirements: [.x2APIC],
      expect: { host, _ in ide(ports: 13...13, interrupts: 1, setup: 3 + 10, on: host) },
      device: .ide,
      depthParameter: 4),
    Workload(
      name: "disk-ide-pio",
      summary: "an I/O plan on an IDE disk, by programmed I/O",
      details: """
        Reads and writes of a disk in the machine's memory by the PIIX3's IDE controller: six registers of the task file \
        give a command, and the device interrupts for each sector of 512 bytes, whose status is read and whose 256 words \
        are moved by REP INSW or REP OUTSW. KVM reads ahead, so that a sector read makes one round trip for its data, and \
        hands over each word of a sector written: 6 + 2 heavy exits for one sector read, and 7 + 257 for one written, \
        whose first look at the status asks whether the device takes data. The guest gives back the checksum over all it \
        has read, and the machine holds it and the disk's image against the plan.
        """,
      defaultIterations: 64,
      parameters: diskParameters,
      requirements: [.x2APIC],
      expect: { host, values in programmedIDE(values, on: host) },
      device: .ide,
      depthParameter: 4),
    Workload(
      name: "disk-virtio",
      summary: "an I/O plan on a virtio block device",
      details: """
        Reads and writes of a disk in the machine's memory by virtio-blk on PCI: as many requests at once as parameter 4 \
        says, with one kick, HLT, one interrupt (MSI-X) and its EOI for all of them. With ioeventfd the kick is a light \
        exit and an operation makes no round trip; with --kick exit it is a heavy one, at most one a batch: a driver \
        does not kick a device that has said that it looks by itself. The guest gives back the checksum over all it \
        has read, and the machine holds it and the disk's image against the plan.
        """,
      defaultIterations: 64,
      parameters: diskParameters,
      requirements: [.x2APIC],
      expect: { host, values in virtio(batch: values[4], setup: setup(queues: 1), on: host) },
      device: .virtioBlock,
      depthParameter: 4,
      kicks: { values in ExpectedCount(perBatchOf: values[4], 0...1) }),
    Workload(
      name: "net-e1000",
      summary: "an I/O plan on an 82540EM (e1000) network card",
      details: """
        Frames to the machine, which answers each with one of the same length, by an Intel 82540EM on PCI: as many at once \
        as parameter 3 says. A batch takes a write to the tail of the transmit ring, HLT, the interrupt of an answer (INTA), \
        a read of its cause and its EOI, and a write to the tail of the receive ring for new room: three heavy exits at the \
        least, and two more for each further interrupt while answers still come. With parameter 2 = 100, frames are only \
        sent, and the interrupt is that of the last that is gone; with 0 the machine sends them, as soon as there is room, and \
        the guest waits only for those that have not come yet. With parameter 4 = 1 its pin of the I/O APIC is masked while an \
        interrupt is looked at, by four writes. Where KVM has the I/O APIC, they are light exits, as is the EOI; with \
        --irqchip split all of them are heavy. Both sides hold all data against the plan.
        """,
      defaultIterations: 64,
      parameters: networkParameters + [
        Parameter(
          index: 4, meaning: "1: the pin of the I/O APIC is masked while an interrupt is looked at",
          defaultValue: 0)
      ],
      requirements: [.x2APIC],
      expect: { host, values in e1000(values, on: host) },
      device: .e1000,
      depthParameter: 3),
    Workload(
      name: "net-virtio",
      summary: "an I/O plan on a virtio network card",
      details: """
        Frames to the machine, which answers each with one of the same length, by virtio-net on PCI: as many at once as \
        parameter 3 says, with one kick, HLT, the interrupt of the answers (MSI-X) and its EOI for all of them. With \
        ioeventfd an operation makes no round trip; with --kick exit at most one a batch. The card has room for more \
        answers than come at once, so that it need not be told of new room. With parameter 2 = 100, frames are only \
        sent, and the interrupt is that of frames that are gone; with 0 the machine sends them, as soon as there is room, of \
        which a kick tells once a batch, and the guest waits only for those that have not come yet. With --net TAP,vhost the \
        host's kernel serves the card (vhost-net), and the machine has its frames from the tap interface. Both sides hold all \
        data against the plan.
        """,
      defaultIterations: 64,
      parameters: networkParameters,
      requirements: [.x2APIC],
      expect: { host, values in virtioNet(values, on: host) },
      device: .virtioNet,
      depthParameter: 3,
      kicks: { values in ExpectedCount(perBatchOf: values[3], 0...1, fixed: 0...1) }),
  ]

  private static let seed = Parameter(
    index: 1, meaning: "seed of data, directions and blocks", defaultValue: 1)

  private static let consoleParameters = [
    Parameter(index: 0, meaning: "characters of an operation, at most 65536", defaultValue: 64), seed,
  ]

  private static let networkParameters = [
    Parameter(index: 0, meaning: "bytes of a frame, a multiple of 8 from 64 to 1512", defaultValue: 1512),
    seed,
    Parameter(
      index: 2, meaning: "50: the machine answers each frame, 100: none, 0: it sends all of them",
      defaultValue: 50, acceptsZero: true),
    Parameter(index: 3, meaning: "operations at once, a power of two up to 32", defaultValue: 1),
  ]

  private static let diskParameters = [
    Parameter(
      index: 0, meaning: "bytes of an operation, a multiple of 512, at most 65536", defaultValue: 4096),
    seed,
    Parameter(
      index: 2, meaning: "writes among the operations, percent", defaultValue: 50, acceptsZero: true),
    Parameter(
      index: 3, meaning: "1: block after block, otherwise in random order", defaultValue: 0),
    Parameter(
      index: 4, meaning: "operations at once, a power of two up to 32; with IDE 1", defaultValue: 1),
  ]
}
