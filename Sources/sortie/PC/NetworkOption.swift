import SortieDevices
import SortieMachine

/// The words of a `--net`: where the cable goes, and which card is at the guest's end.
struct NetworkOption {
  private enum Cable {
    case tap(String)
    case socket(path: String)
  }

  private let text: String
  private let cable: Cable
  private var usesVhost = false
  private var isE1000 = false
  private var mac: MACAddress?

  /// What `text` says.
  ///
  /// - Throws: ``Failure`` naming the word that is wrong.
  init(_ text: String) throws(Failure) {
    self.text = text
    var parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let first = parts.removeFirst()
    if first.hasPrefix("unix:") {
      guard first != "unix:" else {
        throw Failure("--net \(text): name a socket's path behind unix:", status: .usage)
      }
      cable = .socket(path: String(first.dropFirst(5)))
    } else {
      guard TapBackend.isName(first) else {
        throw Failure("--net \(text): \(TapBackend.nameRule)", status: .usage)
      }
      cable = .tap(first)
    }
    for part in parts { try take(part) }
    if usesVhost, isE1000 {
      throw Failure(
        "--net \(text): vhost serves virtio cards, and e1000 is none; leave one out", status: .usage)
    }
  }

  private mutating func take(_ part: String) throws(Failure) {
    if part == "vhost" {
      guard case .tap = cable else {
        throw Failure("--net \(text): vhost works on a tap interface only", status: .usage)
      }
      usesVhost = true
    } else if part == "e1000" {
      isE1000 = true
    } else if part.hasPrefix("mac="), let address = MACAddress(String(part.dropFirst(4))) {
      mac = address
    } else {
      throw Failure(
        "--net \(text): “\(part)” is neither vhost, e1000 nor mac= with a card's address such as 52:54:00:12:34:56",
        status: .usage)
    }
  }

  /// The tap interface at which the kernel serves the card; nil where this program does, or where its address is given.
  var vhostInterface: String? {
    if case .tap(let name) = cable, usesVhost, mac == nil { name } else { nil }
  }

  /// Opens the host's end. A card without a given address gets one drawn, which it keeps when the machine starts anew.
  ///
  /// - Throws: ``Failure`` naming what the host refuses.
  func open() throws(Failure) -> PCConfiguration.Network {
    var generator = SystemRandomNumberGenerator()
    let mac = mac ?? .random(using: &generator)
    do throws(HostError) {
      switch cable {
      case .tap(let interface):
        let tap = try TapBackend(interface: interface)
        return PCConfiguration.Network(card: usesVhost ? .vhost(tap) : card(tap), mac: mac)
      case .socket(let path):
        return PCConfiguration.Network(card: card(try UnixSocketBackend(path: path)), mac: mac)
      }
    } catch {
      throw Failure("--net: \(error)")
    }
  }

  private func card(_ backend: any NetBackend) -> PCConfiguration.Network.Card {
    isE1000 ? .e1000(backend) : .virtio(backend)
  }
}
