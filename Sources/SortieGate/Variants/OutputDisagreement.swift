/// Variants of one comparison whose guests did not transfer the same: what they cost says nothing of each other.
public struct OutputDisagreement: Sendable, Equatable {
  /// What differs: the attribute that a run's trace says it in, such as `io_read_checksum`.
  public var output: String
  /// What it came to, with the variants that say so; nil: they do not say. In the order of the variants.
  public var values: [(value: String?, variants: [String])]

  /// Two say different things; else one says nothing, as a run that was ended does.
  public var isContradiction: Bool { values.count { $0.value != nil } > 1 }

  /// What `variants` do not agree in, by the name of the output. What none of them says is no disagreement.
  ///
  /// - Parameter variants: each with all that its runs said of each output.
  public static func all(
    _ variants: [(name: String, outputs: [String: Set<String>])]
  ) -> [OutputDisagreement] {
    Set(variants.flatMap(\.outputs.keys)).sorted().compactMap { output in
      var values: [(value: String?, variants: [String])] = []
      for variant in variants {
        let said = variant.outputs[output].map { $0.sorted().map { Optional($0) } } ?? [nil]
        for value in said {
          if let known = values.firstIndex(where: { $0.value == value }) {
            values[known].variants.append(variant.name)
          } else {
            values.append((value, [variant.name]))
          }
        }
      }
      return values.count > 1 ? OutputDisagreement(output: output, values: values) : nil
    }
  }

  /// The disagreement in words: `io_read_checksum: 1a2b of disk-ide-pio, 3c4d of disk-virtio`.
  public var text: String {
    let parts = values.map { value, variants in
      "\(value ?? "nothing said") of \(variants.joined(separator: ", "))"
    }
    return "\(output): \(parts.joined(separator: "; "))"
  }

  /// The same output with the same values.
  public static func == (a: Self, b: Self) -> Bool {
    a.output == b.output && a.values.elementsEqual(b.values) { $0 == $1 }
  }
}
