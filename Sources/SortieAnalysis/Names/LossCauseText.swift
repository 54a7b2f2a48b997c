public import SortieTrace

extension LossCause {
  /// The cause in words, to stand in a sentence.
  public var text: String {
    switch self {
    case .ringFull: "a ring between a vCPU thread and the writer was full"
    case .kernelOverrun: "the kernel's buffer was overwritten"
    case .guestRingFull: "the guest's stamp ring was full"
    case .guestRingCorrupt: "the guest's stamp ring held indices that no correct guest writes"
    case .damagedFile: "blocks of the file are damaged or cut off"
    case .writeFailed: "the recorder could not write"
    case .sizeLimit: "left out by --max-size"
    case .kernelUnreadable: "the kernel's buffer held what the recorder cannot read"
    }
  }
}
