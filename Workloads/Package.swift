// swift-tools-version: 6.2
import PackageDescription

/// Guests run where there is no C library, no SSE state and no red zone (interrupts use the same stack).
let freestandingC = [
  "-ffreestanding", "-mno-red-zone", "-mno-sse", "-mno-mmx", "-fno-pic", "-fno-stack-protector",
]

let embedded: [SwiftSetting] = [
  .enableExperimentalFeature("Embedded"),
  .unsafeFlags(
    ["-wmo", "-Xfrontend", "-disable-stack-protector"] + freestandingC.flatMap { ["-Xcc", $0] }),
]

/// A static executable at the lowest address the machine loads an image to.
let bareMetal: [LinkerSetting] = [
  .unsafeFlags(
    ["-use-ld=lld", "-nostartfiles", "-Xclang-linker", "-nostdlib", "-Xclang-linker", "-static"]
      + ["-e", "_start", "--image-base=0x100000", "-z", "max-page-size=4096"].flatMap { ["-Xlinker", $0] })
]

/// Executable and the one file it is made of. Built with
/// `swift build --package-path Workloads -c release --triple x86_64-unknown-none-elf`.
let guests: KeyValuePairs = [
  "apic-eoi": "ApicEoi.swift",
  "apic-self-ipi": "ApicSelfIpi.swift",
  "apic-tpr": "ApicTpr.swift",
  "apic-tpr-cr8": "ApicTprCr8.swift",
  "console-16550": "Console16550.swift",
  "console-virtio": "ConsoleVirtio.swift",
  "cpuid": "Cpuid.swift",
  "cr-write": "CrWrite.swift",
  "disk-ide-dma": "DiskIdeDma.swift",
  "disk-ide-pio": "DiskIdePio.swift",
  "disk-virtio": "DiskVirtio.swift",
  "dr-write": "DrWrite.swift",
  "empty": "Empty.swift",
  "exception-ud": "ExceptionUd.swift",
  "hlt-timer": "HltTimer.swift",
  "hypercall": "Hypercall.swift",
  "hypercall-kick": "HypercallKick.swift",
  "invlpg": "Invlpg.swift",
  "io-string-in": "IoStringIn.swift",
  "ipi": "Ipi.swift",
  "ipi-halt": "IpiHalt.swift",
  "irq-inject-irqfd": "IrqInjectIrqfd.swift",
  "irq-inject-line": "IrqInjectLine.swift",
  "mmio-crossing": "MmioCrossing.swift",
  "mmio-ioeventfd": "MmioIoeventfd.swift",
  "mmio-read": "MmioRead.swift",
  "mmio-write": "MmioWrite.swift",
  "msr-filtered": "MsrFiltered.swift",
  "msr-read": "MsrRead.swift",
  "msr-write": "MsrWrite.swift",
  "net-e1000": "NetE1000.swift",
  "net-virtio": "NetVirtio.swift",
  "nmi": "Nmi.swift",
  "page-dirty-log": "PageDirtyLog.swift",
  "page-first-touch": "PageFirstTouch.swift",
  "pause-loop": "PauseLoop.swift",
  "pio-coalesced": "PioCoalesced.swift",
  "pio-ioeventfd": "PioIoeventfd.swift",
  "pio-pit": "PioPit.swift",
  "pio-read": "PioRead.swift",
  "pio-string": "PioString.swift",
  "pio-uart": "PioUart.swift",
  "pio-write": "PioWrite.swift",
  "tsc-deadline": "TscDeadline.swift",
  "wbinvd": "Wbinvd.swift",
  "x2apic": "X2apic.swift",
  "xapic": "Xapic.swift",
  "xsetbv": "Xsetbv.swift",
]

let guestABI: Target.Dependency = .product(name: "GuestABI", package: "GuestABI")

let package = Package(
  name: "Workloads",
  products: guests.map { .executable(name: $0.key, targets: [$0.key]) },
  dependencies: [.package(path: "GuestABI")],
  targets: [
    .target(name: "CGuest", dependencies: [guestABI], cSettings: [.unsafeFlags(freestandingC)]),
    .target(name: "GuestSupport", dependencies: ["CGuest", guestABI], swiftSettings: embedded),
  ]
    + guests.map { name, file in
      .executableTarget(
        name: name, dependencies: ["GuestSupport", "CGuest", guestABI], path: "Sources/Guests",
        exclude: guests.map(\.value).filter { $0 != file }, sources: [file],
        swiftSettings: embedded, linkerSettings: bareMetal)
    },
  swiftLanguageModes: [.v6]
)
