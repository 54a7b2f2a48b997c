import Synchronization

/// The PC16550D UART with its FIFOs, as a PC wires it to an interrupt controller.
///
/// Source: National Semiconductor, *PC16550D Universal Asynchronous Receiver/Transmitter with FIFOs*, TL/C/8652,
/// June 1995; section numbers in the comments are those of that edition.
///
/// The state machine is ``UARTState``; this class adds the lock, because two vCPUs and the thread of a backend may
/// come at once. Where the chip depends on time, which a register machine has none of, it behaves as on an
/// infinitely fast line: see ``UARTState``.
public final class UART16550: Device, SerialPort {
  /// I/O ports, or bytes of memory, that the registers take.
  public static let registerCount: UInt64 = 8
  /// Bytes from the host that wait for room in the receiver FIFO.
  public static let inputQueueCapacity = UARTState.inputQueueCapacity

  /// What reports call the device.
  public let name: String

  private let line: any InterruptLine
  private let backend: any SerialBackend
  private let state: Mutex<UARTState>

  /// A UART as after a master reset (data sheet, table I), its interrupt line low.
  ///
  /// - Parameter modemInputs: what the modem's output pins carry; a far end that is ready by default.
  public init(
    name: String, line: any InterruptLine, backend: any SerialBackend,
    modemInputs: ModemInputs = [.clearToSend, .dataSetReady, .carrierDetect]
  ) {
    self.name = name
    self.line = line
    self.backend = backend
    state = Mutex(UARTState(modemInputs: modemInputs))
  }

  /// Reads one register a byte: an 8-bit device on an ISA bus sees a wider access as bytes at consecutive addresses.
  public func read(offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    state.withLock { state in
      ByteRegisters.read(offset: offset, into: bytes, count: Self.registerCount) {
        state.read(register: $0, line: line, backend: backend)
      }
    }
  }

  /// Writes one register a byte, in the order of addresses. No effect.
  public func write(offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect {
    state.withLock { state in
      ByteRegisters.write(offset: offset, from: bytes, count: Self.registerCount) {
        state.write($1, register: $0, line: line, backend: backend)
        return .none
      }
    }
  }

  /// Offers bytes from the host. They come in as fast as the guest reads them: what the FIFO does not hold waits in a
  /// queue of ``inputQueueCapacity`` bytes, so host input never overruns the receiver.
  ///
  /// - Returns: how many bytes were taken, from the front. If fewer than offered, ``SerialBackend/receiveReady()``
  ///   tells when at least half of the queue is free.
  public func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
    state.withLock { $0.receive(bytes, line: line, backend: backend) }
  }

  /// The far end sends a break (section 8.4, bit 4): one zero character, behind what it sent before.
  ///
  /// - Returns: false if there was no room; ``SerialBackend/receiveReady()`` follows.
  public func receiveBreak() -> Bool {
    state.withLock { $0.receiveBreak(line: line, backend: backend) }
  }

  /// The backend, which refused a byte, has room again: what waits in the transmitter is sent.
  public func transmitReady() {
    state.withLock { $0.transmitReady(line: line, backend: backend) }
  }

  /// The far end drives its modem control lines.
  public func setModemInputs(_ inputs: ModemInputs) {
    state.withLock { $0.setModemInputs(inputs, line: line) }
  }
}
