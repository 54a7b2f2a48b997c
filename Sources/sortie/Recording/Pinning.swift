import ArgumentParser
import CLinuxKVM

/// `--pin`.
enum Pinning {
  /// The host CPU of each vCPU that `text` names, such as `0,1`; none for nil.
  ///
  /// - Throws: `ValidationError` naming what is not the number of a CPU, or of one that this process may not use.
  static func cpus(_ text: String?) throws -> [Int] {
    guard let text else { return [] }
    return try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
      guard let cpu = Int(word), cpu >= 0 else {
        throw ValidationError("--pin \(text): \"\(word)\" is not the number of a host CPU")
      }
      let error = sortie_try_cpu(Int32(clamping: cpu))
      if error != 0 {
        throw ValidationError(
          "--pin \(text): no thread of this process may run on CPU \(cpu) (`sortie doctor --json` lists them)"
        )
      }
      return cpu
    }
  }

  /// The last host CPU that this process may use; nil where the kernel does not say.
  static var lastUsable: Int? {
    let cpu = sortie_last_usable_cpu()
    return cpu < 0 ? nil : Int(cpu)
  }
}
