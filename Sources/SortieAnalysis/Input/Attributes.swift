/// Name-value attributes of a host or of a VM, as the recorder wrote them.
public struct Attributes: Sendable, Equatable {
  /// Every attribute by name; of a name that stands twice, the last value.
  public var values: [String: String]

  /// Attributes from names and values.
  public init(_ values: [String: String] = [:]) { self.values = values }

  /// The value of an attribute; nil if the trace has none.
  public subscript(name: String) -> String? { values[name] }

  /// An attribute that is a decimal number.
  public func number(_ name: String) -> UInt64? { values[name].flatMap { UInt64($0) } }

  /// An attribute that says `true` or `false`.
  public func flag(_ name: String) -> Bool? { values[name].flatMap { Bool($0) } }

  /// Attributes by owner.
  static func byOwner(_ rows: some Sequence<(UInt32, String, String)>) -> [UInt32: Attributes] {
    var result: [UInt32: Attributes] = [:]
    for (owner, name, value) in rows { result[owner, default: Attributes()].values[name] = value }
    return result
  }
}
