// swift-tools-version: 6.2
import PackageDescription

// A package of its own, because the machine depends on the header but must not build the guests: SwiftPM builds every
// executable of a package it depends on when it builds tests.
let package = Package(
  name: "GuestABI",
  products: [.library(name: "GuestABI", targets: ["GuestABI"])],
  targets: [.target(name: "GuestABI", cSettings: [.unsafeFlags(["-ffreestanding"])])]
)
