public import SortieTrace

/// Symbols of the guests, by VM.
public struct SymbolTable: Sendable {
  private var symbols: [UInt32: [SymbolRow]] = [:]

  /// The symbols in the rows of a `symbols` table.
  public init(_ rows: [SymbolRow]) {
    symbols = Dictionary(grouping: rows, by: \.vm)
    for vm in symbols.keys { symbols[vm]?.sort { ($0.address, $0.length) < ($1.address, $1.length) } }
  }

  /// `name+0x12` of the symbol an instruction lies in; nil if it lies in none.
  ///
  /// With `isNext`, `rip` points behind the instruction: a call or an OUT at the end of a function belongs to that
  /// function. A symbol without a length (an assembly label) reaches to the next one.
  public func name(of rip: UInt64, isNext: Bool, vm: UInt32) -> String? {
    guard let table = symbols[vm] else { return nil }
    let instruction = isNext && rip > 0 ? rip - 1 : rip
    var low = 0
    var high = table.count
    while low < high {
      let middle = (low + high) / 2
      if table[middle].address <= instruction { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return nil }
    let symbol = table[low - 1]
    guard symbol.length == 0 || instruction - symbol.address < symbol.length else { return nil }
    let offset = rip - symbol.address
    let name = SwiftSymbol.readable(symbol.name)
    return offset == 0 ? name : "\(name)+\(hexadecimal(offset))"
  }
}
