// Hostile kernels: whatever is accepted is entered in RAM, and nothing is written where nothing belongs.
import CLinuxKVM
import Glibc
import SystemPackage

/// A bzImage: its two signatures are put in, so that the other fields are reached.
func fuzzBZImage(_ bytes: UnsafeRawBufferPointer) {
  guard bytes.count >= 0x208 else { return }
  BootFuzz.boot(Array(bytes)) { file in
    file.replaceSubrange(0x1fe..<0x200, with: [0x55, 0xaa])
    file.replaceSubrange(0x202..<0x206, with: Array("HdrS".utf8))
    // Something to load behind the setup sectors.
    file += [UInt8](repeating: 0xf4, count: 4096)
  }
}

/// An ELF file, by PVH's note or Multiboot's header.
func fuzzPVH(_ bytes: UnsafeRawBufferPointer) {
  guard bytes.count >= 4 else { return }
  BootFuzz.boot(Array(bytes)) { $0.replaceSubrange(0..<4, with: [0x7f, 0x45, 0x4c, 0x46]) }
}

/// A file that begins with a Multiboot header: its magic and checksum are put in.
func fuzzMultiboot(_ bytes: UnsafeRawBufferPointer) {
  guard bytes.count >= 12 else { return }
  BootFuzz.boot(Array(bytes)) { file in
    let magic: UInt32 = 0x1bad_b002
    var fields: [UInt8] = []
    fields.append(field: magic)
    file.replaceSubrange(0..<4, with: fields)
    var checksum: [UInt8] = []
    checksum.append(field: 0 &- magic &- file.field(UInt32.self, at: 4))
    file.replaceSubrange(8..<12, with: checksum)
  }
}

private enum BootFuzz {
  private static let memoryBytes: UInt64 = 4 << 20
  private static let descriptor = sortie_memfd("kernel")

  static func boot(_ bytes: [UInt8], _ mend: (inout [UInt8]) -> Void) {
    var bytes = bytes
    mend(&bytes)
    precondition(ftruncate(descriptor, 0) == 0 && pwrite(descriptor, bytes, bytes.count, 0) == bytes.count)
    let path = FilePath("/proc/self/fd/\(descriptor)")
    do {
      let kernel = try KernelImage(path: path)
      let memory = try GuestMemory(lowBytes: memoryBytes)
      let entry = try kernel.load(to: memory, commandLine: "fuzz", initrd: try InitialRAMDisk(path: path))
      precondition(entry.rip >= PCLayout.kernelStart && entry.rip < memoryBytes)
      // Between boot area and kernel nothing is written but by ACPI.
      let untouched = PCLayout.bootArea.upperBound..<PCLayout.kernelStart
      let between = try memory.bytes(at: untouched.lowerBound, count: UInt64(untouched.count))
      precondition(between.allSatisfy { $0 == 0 })
    } catch let error as BootError {
      precondition(!"\(error)".isEmpty)
    } catch MachineError.boot(let error) {
      precondition(!"\(error)".isEmpty)
    } catch {
      fatalError("not an error of the file: \(error)")
    }
  }
}
