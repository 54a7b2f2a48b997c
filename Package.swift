// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
  name: "sortie",
  products: [
    .executable(name: "sortie", targets: ["sortie"])
  ],
  dependencies: [
    .package(path: "Workloads"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.6.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
  ],
  targets: [
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CElf", pkgConfig: "libelf", providers: [.apt(["libelf-dev"])]),
    .target(name: "CLinuxKVM"),
    .target(name: "SortieKVM", dependencies: ["CLinuxKVM"], swiftSettings: settings),
    .testTarget(
      name: "SortieKVMTests", dependencies: ["SortieKVM", "CLinuxKVM"], swiftSettings: settings),
    .testTarget(
      name: "SortieKVMLiveTests", dependencies: ["SortieKVM", "CLinuxKVM"], swiftSettings: settings),
    .target(
      name: "SortieTrace", dependencies: ["CZstd", .product(name: "SystemPackage", package: "swift-system")],
      swiftSettings: settings),
    .target(name: "SortieDevices", swiftSettings: settings),
    .testTarget(name: "SortieDevicesTests", dependencies: ["SortieDevices"], swiftSettings: settings),
    .target(
      name: "SortieAnalysis",
      dependencies: ["SortieTrace", .product(name: "Histogram", package: "hdrhistogram-swift")],
      swiftSettings: settings),
    .target(
      name: "SortieReport", dependencies: ["SortieAnalysis", "SortieTrace"], exclude: ["SCHEMA.md"],
      swiftSettings: settings),
    .target(
      name: "TraceFixtures", dependencies: ["SortieAnalysis", "SortieTrace"], path: "Tests/TraceFixtures",
      swiftSettings: settings),
    .testTarget(
      name: "SortieAnalysisTests", dependencies: ["SortieAnalysis", "SortieTrace", "TraceFixtures"],
      swiftSettings: settings),
    .testTarget(
      name: "SortieReportTests", dependencies: ["SortieReport", "SortieAnalysis", "SortieTrace", "TraceFixtures"],
      swiftSettings: settings),
    .executableTarget(
      name: "report-bench",
      dependencies: [
        "SortieReport", "SortieAnalysis", "SortieTrace", .product(name: "SystemPackage", package: "swift-system"),
      ],
      path: "Tests/Benchmarks/report-bench", swiftSettings: settings),
    .target(name: "WorkloadCatalog", swiftSettings: settings),
    .testTarget(
      name: "WorkloadCatalogTests",
      dependencies: ["WorkloadCatalog", .product(name: "GuestABI", package: "Workloads")],
      swiftSettings: settings),
      exclude: ["FORMAT.md"], swiftSettings: settings),

    .executableTarget(
      name: "trace-bench", dependencies: ["SortieTrace", .product(name: "SystemPackage", package: "swift-system")],
      path: "Tests/Benchmarks/trace-bench", swiftSettings: settings),
    .target(
      name: "SortieMachine",
      dependencies: [
        "CElf", "CLinuxKVM", "SortieDevices", "SortieKVM", "SortieTrace",
        .product(name: "GuestABI", package: "Workloads"),
        .product(name: "SystemPackage", package: "swift-system"),
      ], swiftSettings: settings),
    .testTarget(
      name: "SortieMachineTests",
      dependencies: [
        "CLinuxKVM", "SortieDevices", "SortieKVM", "SortieMachine", "SortieTrace",
        .product(name: "SystemPackage", package: "swift-system"),
      ], swiftSettings: settings),
    .target(
      name: "SortieProbes",
      dependencies: [
        "CLinuxKVM", "SortieKVM", "SortieTrace", .product(name: "GuestABI", package: "Workloads"),
        .product(name: "SystemPackage", package: "swift-system"),
      ], swiftSettings: settings),
    .executableTarget(
      name: "sortie",
      dependencies: [
        "CLinuxKVM", "SortieAnalysis", "SortieDevices", "SortieKVM", "SortieMachine", "SortieProbes", "SortieReport",
        "SortieTrace", "WorkloadCatalog",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "GuestABI", package: "Workloads"),
        .product(name: "SystemPackage", package: "swift-system"),
      ], swiftSettings: settings),

    .executableTarget(
      name: "trace-test-recorder", dependencies: ["SortieTrace", .product(name: "SystemPackage", package: "swift-system")],
      path: "Tests/Support/trace-test-recorder", swiftSettings: settings),
    .testTarget(
      name: "SortieTraceTests",
      dependencies: [
        "SortieTrace", "trace-test-recorder", .product(name: "SystemPackage", package: "swift-system"),
      ],
      exclude: ["read_trace.py"], swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
