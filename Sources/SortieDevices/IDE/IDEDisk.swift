/// A disk for an IDE cable.
public struct IDEDisk: Sendable {
  /// What it keeps its bytes in.
  public let backend: any BlockBackend
  /// The serial number that IDENTIFY DEVICE gives, of which 20 bytes of ASCII count.
  public let serial: String

  /// A disk that keeps its bytes in `backend`.
  public init(backend: any BlockBackend, serial: String) {
    self.backend = backend
    self.serial = serial
  }
}
