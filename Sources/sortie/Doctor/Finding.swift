/// One thing `sortie doctor` looked at: what it is here, what that means for figures, and how to mend it.
struct Finding: Encodable {
  /// How good the news is.
  enum Status: String, Encodable {
    /// As it should be.
    case good
    /// Figures are affected; they still mean something.
    case caution
    /// Something cannot be measured.
    case missing
    /// Could not be found out.
    case unknown
  }

  /// What was looked at.
  let topic: String
  /// How good the news is.
  let status: Status
  /// What was found.
  let value: String
  /// What it means for the figures.
  let meaning: String
  /// What to do about it; nil where nothing needs doing or can be done.
  let remedy: String?

  init(_ topic: String, _ status: Status, _ value: String, _ meaning: String, remedy: String? = nil) {
    self.topic = topic
    self.status = status
    self.value = value
    self.meaning = meaning
    self.remedy = remedy
  }
}
