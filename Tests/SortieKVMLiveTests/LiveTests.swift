import Testing

/// Tiny guests in real mode on the host's KVM, one after another: the descriptors, the memory and the CPU they
/// use are the host's.
@Suite(.serialized, .needsKVM)
struct LiveTests {}
