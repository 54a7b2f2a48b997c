import SortieAnalysis
import SortieReport
import SortieTrace
import Testing
import TraceFixtures

/// A PC that was reset once: two VMs of one name, a disk with two ranges of addresses and a thread, an EOI that reached
/// the program's I/O APIC, and in the first boot a disk that stopped.
private func pcTrace() -> MemoryTrace {
  var trace = MemoryTrace()
  trace.tscKilohertz = 1_000_000
  for vm in UInt32(0)..<2 {
    let base = 1000 + UInt64(vm) * 1_000_000
    trace.add(
      [
        RoundTripRecord(u1: base, flags: .firstEntry),
        RoundTripRecord(
          u0: base + 1000, u1: base + 1100, address: 0xd000_0014, reason: 6, count: 1, device: 3, size: 1,
          flags: .write),
        RoundTripRecord(
          u0: base + 2000, u1: base + 2300, address: 0xd000_3000, reason: 6, count: 1, device: 4, size: 2,
          flags: .write),
        RoundTripRecord(u0: base + 3000, u1: base + 3050, address: 0x31, reason: 26),
        RoundTripRecord(
          u0: base + 4000, address: 0x604, reason: 2, count: 1, device: 5, size: 2, flags: .write),
      ], vm: vm)
    for (device, name) in [(3, "virtio-blk0"), (4, "virtio-blk0"), (5, "acpi-pm")] {
      trace.rows.append(
        DeviceRow(
          device: UInt16(device), vm: vm, name: name, isMemory: true, address: 0xd000_0000, length: 4096))
    }
    for (name, value) in [
      ("workload", "vmlinuz"), ("boot_protocol", "Linux 64-bit"), ("vcpus", "1"), ("memory_mib", "256"),
      ("irqchip", "split"), ("kick", "exit"), ("interrupt", "ioctl"), ("paravirt", "on"),
      ("disks", "disk.img"),
      ("networks", ""), ("command_line", "console=ttyS0"), ("backing", "hugepages"), ("balloon_mib", "64"),
      ("balloon_pages", "16384"), ("thread_cpu_ns.virtio-blk0", "1500000"), ("thread_cpu_ns.virtio", "2000"),
      ("outcome", "completed: the guest \(vm == 0 ? "reset the machine" : "turned the machine off")"),
    ] { trace.setVM(vm, name, value) }
  }
  trace.setVM(0, "device_fault.virtio-blk0", "descriptor 9 of queue 0 is not in its table of 8")
  return trace
}

@Suite struct PCReportTests {
  @Test func aDeviceIsOneRowHoweverManyRangesItHas() throws {
    let devices = try #require(try json(of: pcTrace())["devices"]).elements
    let disk = try #require(
      devices.first { $0["device"] == .text("virtio-blk0") && $0["vm"] == .number(0) })
    #expect(disk["round_trips"] == .number(2))
    #expect(disk["vmm_cycles"] == .number(400))
    // Of the 4,000 cycles from the first entry to the last exit.
    #expect(disk["vcpu_time_share"] == .number(0.1))
    #expect(disk["thread_cpu_ns"] == .number(1_500_000))
    let power = try #require(devices.first { $0["device"] == .text("acpi-pm") })
    #expect(power["round_trips"] == .number(1))
    #expect(power["vcpu_time_share"] == .null)
    #expect(power["thread_cpu_ns"] == .null)
    let shared = try #require(devices.first { $0["device"] == .text("virtio") })
    #expect(shared["round_trips"] == .number(0))
    #expect(shared["thread_cpu_ns"] == .number(2000))
  }

  @Test func aDeviceThatStoppedIsNamedWithItsVMAndThePhrase() throws {
    let phrase = "descriptor 9 of queue 0 is not in its table of 8"
    let document = try json(of: pcTrace())
    let disks = try #require(document["devices"]).elements.filter { $0["device"] == .text("virtio-blk0") }
    #expect(disks.map { $0["fault"] } == [.text(phrase), .null])
    let ledger = try #require(document["ledger"]).elements
    let line = try #require(
      ledger.first { $0["text"] == .text("virtio-blk0 of VM 0 stopped for what its guest did: \(phrase).") })
    #expect(line["kind"] == .text("warning"))
    let lines = textReport(analyze(pcTrace())).split(separator: "\n", omittingEmptySubsequences: false)
    let head = lines.prefix { !$0.isEmpty }.joined(separator: " ")
    #expect(head.contains("virtio-blk0 of 0 vmlinuz stopped for what its guest did: \(phrase)."))
    #expect(lines.contains { $0 == "  stopped: \(phrase)" })
  }

  @Test func withoutAFaultNothingIsSaidOfOne() {
    var trace = pcTrace()
    trace.rows.removeAll { ($0 as? VMAttribute)?.name.hasPrefix("device_fault.") == true }
    #expect(!textReport(analyze(trace)).contains("stopped"))
  }

  @Test func aPCIsDescribedAndItsBootsAreToldApart() throws {
    let text = textReport(analyze(pcTrace()))
    let lines = text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    #expect(lines.contains("0 vmlinuz Linux 64-bit 1 256 MiB split exit ioctl on"))
    #expect(lines.contains("completed: the guest reset the machine"))
    #expect(
      lines.contains(
        "memory of hugepages; disks: disk.img; balloon: 64 MiB asked for, 16,384 pages held at the end"))
    #expect(lines.contains("command line: console=ttyS0"))
    #expect(lines.contains { $0.hasPrefix("1 vmlinuz Linux 64-bit") })
    #expect(!text.contains("Workloads"), "a PC makes no operations of its own")
    for line in text.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
  }

  @Test func anEndOfInterruptSaysItsVector() throws {
    let sites = try #require(try json(of: pcTrace())["sites"]).elements
    let eoi = try #require(sites.first { $0["reason"] == .text("KVM_EXIT_IOAPIC_EOI") })
    #expect(eoi["site"] == .text("ioapic eoi vector 0x31"))
    #expect(eoi["class"] == .text("heavy"))
  }

  @Test func guestsThatAreNoPCHaveNoTablesOfPCs() {
    let text = textReport(analyze(sampleTrace(vms: 3)))
    #expect(!text.contains("PCs"))
    #expect(!text.contains("Devices of"))
  }

  @Test func theKeysOfAPCAreInTheSchema() throws {
    let documented = Set(try schemaText().split(separator: "`").map(String.init))
    for key in try json(of: pcTrace()).keys {
      #expect(documented.contains(key), "\(key) is not in SCHEMA.md")
    }
  }
}
