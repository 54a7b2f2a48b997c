/// Mnemonics of the processor's exceptions (Intel SDM volume 3, table 7-1; AMD APM volume 2, table 8-1).
enum ExceptionVector {
  /// `#PF`.
  static let pageFault: UInt8 = 14

  /// `#UD`, `NMI`; nil for a vector without an exception.
  static func mnemonic(of vector: UInt8) -> String? {
    vector < mnemonics.count ? mnemonics[Int(vector)] : nil
  }

  /// The mnemonic; `vector 0x9` where there is none.
  static func text(of vector: UInt8) -> String {
    mnemonic(of: vector) ?? "vector \(hexadecimal(UInt64(vector)))"
  }

  private static let mnemonics: [String?] = [
    "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", nil, "#TS", "#NP", "#SS", "#GP", "#PF",
    nil,
    "#MF", "#AC", "#MC", "#XM", "#VE", "#CP", nil, nil, nil, nil, nil, nil, "#HV", "#VC", "#SX", nil,
  ]
}
