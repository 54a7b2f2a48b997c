/// What exits that the kernel handled have in common, in words.
struct LightSite: Hashable {
  var reason: HardwareExitReason
  /// The reason and the detail.
  var label: String
  /// What tells them from others of their reason; nil where nothing does.
  var detail: String?

  init(reason: HardwareExitReason, label: String, detail: String?) {
    (self.reason, self.label, self.detail) = (reason, label, detail)
  }

  init(_ key: LightKey) {
    self.init(reason: key.reason, label: key.label, detail: key.detail?.text)
  }
}
