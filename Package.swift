// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let guestABI: Target.Dependency = .product(name: "GuestABI", package: "GuestABI")
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

/// The modules, in the order in which data flow through them.
let modules: [Target] = [
  .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
  .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
  .systemLibrary(name: "CElf", pkgConfig: "libelf", providers: [.apt(["libelf-dev"])]),
  .target(name: "CLinuxKVM"),
  .target(name: "CLinuxIO"),
  .target(name: "WorkloadCatalog", dependencies: [guestABI], swiftSettings: settings),
  .target(name: "SortieKVM", dependencies: ["CLinuxKVM"], swiftSettings: settings),
  .target(name: "SortieDevices", dependencies: ["CLinuxIO"], swiftSettings: settings),
  .target(name: "SortieVirtio", dependencies: ["CLinuxIO", "SortieDevices"], swiftSettings: settings),
  .target(
    name: "SortieMachine",
    dependencies: [
      "CElf", "CLinuxIO", "CLinuxKVM", "SortieDevices", "SortieKVM", "SortieTrace", "SortieVirtio", guestABI,
      system,
    ], swiftSettings: settings),
  .target(
    name: "SortieProbes",
    dependencies: ["CLinuxKVM", "CZlib", "CZstd", "SortieKVM", "SortieTrace", guestABI, system],
    swiftSettings: settings),
  .target(
    name: "SortieTrace", dependencies: ["CZstd", system], exclude: ["FORMAT.md"], swiftSettings: settings),
  .target(
    name: "SortieAnalysis",
    dependencies: ["SortieTrace", .product(name: "Histogram", package: "hdrhistogram-swift")],
    swiftSettings: settings),
  .target(name: "SortieStatistics", swiftSettings: settings),
  .target(
    name: "SortieGate", dependencies: ["SortieStatistics"], exclude: ["SCHEMA.md"], swiftSettings: settings),
  .target(
    name: "SortieReport", dependencies: ["SortieAnalysis", "SortieGate", "SortieTrace"],
    exclude: ["SCHEMA.md", "Comparison/SCHEMA.md"], swiftSettings: settings),
  .executableTarget(
    name: "sortie",
    dependencies: [
      "CLinuxKVM", "SortieAnalysis", "SortieDevices", "SortieGate", "SortieKVM", "SortieMachine",
      "SortieProbes", "SortieReport", "SortieStatistics", "SortieTrace", "WorkloadCatalog", guestABI, system,
      .product(name: "ArgumentParser", package: "swift-argument-parser"),
    ], swiftSettings: settings),
]

/// Tests that need neither /dev/kvm nor privilege, but for the few that say so where they skip.
let unitTests: [Target] = [
  .testTarget(
    name: "WorkloadCatalogTests", dependencies: ["WorkloadCatalog", guestABI], swiftSettings: settings),
  .testTarget(name: "SortieKVMTests", dependencies: ["CLinuxKVM", "SortieKVM"], swiftSettings: settings),
  .testTarget(
    name: "SortieDevicesTests", dependencies: ["CLinuxIO", "DeviceFixtures", "SortieDevices"],
    swiftSettings: settings),
  .testTarget(
    name: "SortieVirtioTests",
    dependencies: ["CLinuxIO", "DeviceFixtures", "SortieDevices", "SortieStatistics", "SortieVirtio"],
    swiftSettings: settings),
  .testTarget(
    name: "SortieMachineTests",
    dependencies: [
      "CLinuxKVM", "ELFFixtures", "SortieDevices", "SortieKVM", "SortieMachine", "SortieTrace", guestABI,
      system,
    ],
    swiftSettings: settings),
  .testTarget(
    name: "SortieProbesTests",
    dependencies: ["SortieAnalysis", "SortieProbes", "SortieTrace", "TraceFixtures"],
    exclude: ["Recorded"], swiftSettings: settings),
  .testTarget(
    name: "SortieTraceTests", dependencies: ["SortieTrace", "trace-test-recorder", system],
    exclude: ["read_trace.py"], swiftSettings: settings),
  .testTarget(
    name: "SortieAnalysisTests", dependencies: ["SortieAnalysis", "SortieTrace", "TraceFixtures"],
    swiftSettings: settings),
  .testTarget(
    name: "SortieStatisticsTests", dependencies: ["SortieStatistics"], exclude: ["statistics.py"],
    swiftSettings: settings),
  .testTarget(
    name: "SortieGateTests", dependencies: ["SortieGate", "SortieStatistics"], swiftSettings: settings),
  .testTarget(
    name: "SortieReportTests",
    dependencies: [
      "SortieAnalysis", "SortieGate", "SortieReport", "SortieTrace", "TraceFixtures", system,
    ],
    swiftSettings: settings),
]

/// Tests that run guests on /dev/kvm.
let kvmTests: [Target] = [
  .testTarget(name: "SortieKVMLiveTests", dependencies: ["CLinuxKVM", "SortieKVM"], swiftSettings: settings),
  .testTarget(
    name: "SortieProbesLiveTests",
    dependencies: ["CLinuxKVM", "SortieKVM", "SortieProbes", "SortieTrace", system], swiftSettings: settings),
  .testTarget(
    name: "SortieLiveTests",
    dependencies: ["CLinuxKVM", "ELFFixtures", "SortieTrace", "WorkloadCatalog", "sortie", system],
    swiftSettings: settings),
]

/// Tests that boot the lab.
let labTests: [Target] = [
  .testTarget(
    name: "SortieLabTests",
    dependencies: ["LabBoot", "SortieAnalysis", "SortieTrace", "WorkloadCatalog", guestABI, system],
    swiftSettings: settings),
  .testTarget(
    name: "SortieLinuxLabTests",
    dependencies: ["LabBoot", "SortieAnalysis", "SortieTrace", guestABI, system],
    swiftSettings: settings),
]

/// What tests and benchmarks are made of.
let support: [Target] = [
  .target(
    name: "LabBoot", dependencies: ["SortieTrace", system], path: "Tests/LabBoot", swiftSettings: settings),
  .target(
    name: "DeviceFixtures", dependencies: ["CLinuxIO", "SortieDevices"], path: "Tests/DeviceFixtures",
    swiftSettings: settings),
  .target(name: "ELFFixtures", path: "Tests/ELFFixtures", swiftSettings: settings),
  .target(
    name: "TraceFixtures", dependencies: ["SortieAnalysis", "SortieTrace"], path: "Tests/TraceFixtures",
    swiftSettings: settings),
  .executableTarget(
    name: "trace-test-recorder", dependencies: ["SortieTrace", system],
    path: "Tests/Support/trace-test-recorder", swiftSettings: settings),
  .executableTarget(
    name: "report-bench",
    dependencies: ["SortieAnalysis", "SortieReport", "SortieTrace", "TraceFixtures", system],
    path: "Tests/Benchmarks/report-bench", swiftSettings: settings),
  .target(name: "BareLoop", dependencies: [guestABI], path: "Tests/Benchmarks/run-loop/bare-loop"),
  .executableTarget(
    name: "sortie-bench",
    dependencies: [
      "BareLoop", "CLinuxKVM", "SortieAnalysis", "SortieKVM", "SortieMachine", "SortieReport", "SortieTrace",
      system,
    ], path: "Tests/Benchmarks/sortie-bench", swiftSettings: settings),
  .executableTarget(
    name: "kernel-bench", dependencies: ["CLinuxKVM", "SortieKVM", "SortieProbes", "SortieTrace", system],
    path: "Tests/Benchmarks/kernel-bench", swiftSettings: settings),
  .executableTarget(
    name: "trace-bench", dependencies: ["SortieTrace", system], path: "Tests/Benchmarks/trace-bench",
    swiftSettings: settings),
]

let package = Package(
  name: "sortie",
  products: [
    .executable(name: "sortie", targets: ["sortie"])
  ],
  dependencies: [
    .package(path: "Workloads/GuestABI"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.6.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
  ],
  targets: modules + unitTests + kvmTests + labTests + support,
  swiftLanguageModes: [.v6]
)
