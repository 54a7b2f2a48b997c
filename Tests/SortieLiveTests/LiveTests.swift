import Testing

/// `sortie` from its command line to its output, over guests on the host's KVM, one after another.
@Suite(.serialized, .needsKVM)
struct LiveTests {}
