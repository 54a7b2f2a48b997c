import SortieDevices
import Testing

struct MACAddressTests {
  @Test func itReadsWhatItPrints() {
    let address = MACAddress("52:54:00:0a:BC:ff")
    #expect(address?.bytes == [0x52, 0x54, 0, 0x0a, 0xbc, 0xff])
    #expect(address?.description == "52:54:00:0a:bc:ff")
  }

  @Test(arguments: [
    "", "52:54:00:12:34", "52:54:00:12:34:56:78", "52:54:00:12:34:", "52:54:00:12:34:5g", "52:54:00:12:34:+5",
    "525400123456", "52-54-00-12-34-56", "052:54:00:12:34:56", "01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff",
  ])
  func whatIsNoAddressOfACardIsRefused(text: String) {
    #expect(MACAddress(text) == nil)
  }

  @Test func aRandomOneIsLocalAndOfOneCard() {
    var random = RandomSource(seed: 1)
    let addresses = (0..<100).map { _ in MACAddress.random(using: &random) }
    #expect(Set(addresses).count == 100)
    for address in addresses {
      #expect(address.bytes[0] & 3 == 2)
      #expect(MACAddress(address.description) == address)
    }
  }
}
