import Glibc
import SystemPackage

/// One side of a comparison: which program runs the blocks, in which environment, with which machine, and what is done to
/// the host before each block.
struct Side {
  /// What reports call it.
  var name: String
  /// The program that runs the blocks.
  var program: String
  /// Variables of its environment besides this process's.
  var environment: [String: String] = [:]
  /// Options of `sortie blocks`.
  var options: [String] = []
  /// A shell command before each block; nil: none.
  var preparation: String?

  /// This very program with the machine that `options` describe.
  init(own options: [String], preparation: String? = nil) throws(Failure) {
    name = "this sortie"
    guard let own = OwnProgram.path else { throw Failure("/proc/self/exe cannot be read") }
    program = own.string
    self.options = options
    self.preparation = preparation
  }

  /// What `--against` names: `[NAME=VALUE]… [PROGRAM] [OPTION]…`, words apart by spaces, in quotes where they hold spaces.
  /// What it does not name is as on the side `base`.
  ///
  /// - Throws: ``Failure`` naming the word that is wrong.
  init(against text: String, base: Side, preparation: String?) throws(Failure) {
    self = base
    name = text.isEmpty ? preparation ?? base.name : text
    self.preparation = preparation
    var words = try Self.words(text)[...]
    while let word = words.first, let equals = word.firstIndex(of: "="), equals > word.startIndex,
      !word.hasPrefix("-"), !word[..<equals].contains("/")
    {
      environment[String(word[..<equals])] = String(word[word.index(after: equals)...])
      words.removeFirst()
    }
    if let word = words.first, !word.hasPrefix("-") {
      guard access(word, X_OK) == 0 else {
        throw Failure(
          "--against: \(word) is no program (\(String(cString: strerror(errno)))); "
            + "it takes NAME=VALUE words, then a sortie, then options of `sortie blocks`", status: .usage)
      }
      program = word
      words.removeFirst()
    }
    options += words
  }

  /// The words of a command line: single and double quotes hold spaces together.
  static func words(_ text: String) throws(Failure) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    for character in text {
      if let open = quote {
        if character == open { quote = nil } else { word?.append(character) }
      } else if character == "'" || character == "\"" {
        quote = character
        word = word ?? ""
      } else if character == " " {
        if let word { words.append(word) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    guard quote == nil else {
      throw Failure("--against: a quote in \"\(text)\" is not closed", status: .usage)
    }
    return words + (word.map { [$0] } ?? [])
  }

  private static let preparationSeconds = 60.0

  /// Does to the host what this side wants before a block.
  ///
  /// - Throws: ``Failure`` with the command's status where that is not 0.
  func prepare() throws(Failure) {
    guard let preparation else { return }
    let status = try Child.run(
      ["/bin/sh", "-c", preparation], environment: environment, limit: Self.preparationSeconds)
    guard status == 0 else { throw Failure("the command `\(preparation)` failed with status \(status)") }
  }
}
