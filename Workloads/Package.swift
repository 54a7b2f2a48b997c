// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Workloads",
  products: [
    .library(name: "GuestABI", targets: ["GuestABI"])
  ],
  targets: [
    .target(name: "GuestABI")
  ],
  swiftLanguageModes: [.v6]
)
