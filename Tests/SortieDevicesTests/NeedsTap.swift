import Glibc
import Testing

extension Trait where Self == ConditionTrait {
  /// Skips where no tap interface can be made, with what it needs.
  static var needsTap: ConditionTrait {
    let obstacle: String? =
      if geteuid() != 0 {
        "root"
      } else if access("/dev/net/tun", R_OK | W_OK) != 0 {
        "/dev/net/tun"
      } else {
        nil
      }
    return .enabled(if: obstacle == nil, "needs \(obstacle ?? "")")
  }
}
