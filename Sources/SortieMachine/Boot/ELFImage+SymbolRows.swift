public import SortieTrace

extension ELFImage {
  /// Its symbols as rows of a trace, as those of VM `vm`.
  public func symbolRows(vm: UInt32) -> [SymbolRow] {
    symbols.map { SymbolRow(vm: vm, address: $0.address, length: $0.length, name: $0.name) }
  }
}
