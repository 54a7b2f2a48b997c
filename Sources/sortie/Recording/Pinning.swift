import ArgumentParser
import CLinuxKVM
import Glibc

/// `--pin`.
enum Pinning {
  /// The host CPU of each vCPU that `text` names, such as `0,1`; none for nil.
  ///
  /// - Throws: `ValidationError` naming what is not the number of a CPU.
  static func cpus(_ text: String?) throws -> [Int] {
    guard let text else { return [] }
    return try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
      guard let cpu = Int(word), cpu >= 0 else {
        throw ValidationError("--pin \(text): \"\(word)\" is not the number of a host CPU")
      }
      return cpu
    }
  }

  /// The same, of CPUs that threads of this process can be started on.
  ///
  /// - Throws: ``Failure`` naming one on which none can be.
  static func usable(_ text: String?) throws -> [Int] {
    let cpus = try cpus(text == "none" ? nil : text)
    for cpu in cpus {
      let error = sortie_try_cpu(Int32(clamping: cpu))
      guard error != 0 else { continue }
      throw Failure(
        "--pin \(text ?? ""): no thread can be started on CPU \(cpu): \(String(cString: strerror(error))) "
          + "(`sortie doctor --json` lists those of this process)",
        status: .usage)
    }
    return cpus
  }

  /// The last host CPU that this process may use; nil where the kernel does not say.
  static var lastUsable: Int? {
    let cpu = sortie_last_usable_cpu()
    return cpu < 0 ? nil : Int(cpu)
  }
}
