/// A document that one run of the gate leaves for another.
public protocol GateDocument: Codable, Sendable {
  /// The form that this program writes; it refuses a newer one.
  static var currentVersion: Int { get }
  /// The form of this document.
  var version: Int { get }
}
