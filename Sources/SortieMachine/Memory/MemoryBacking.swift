/// What guest RAM is made of on the host.
public enum MemoryBacking: String, Sendable, CaseIterable {
  /// Pages of 4 KiB in a memory file.
  case pages
  /// Pages of 2 MiB that the host has set aside (hugetlbfs).
  case hugePages = "hugepages"
  /// Anonymous memory that the kernel may back with huge pages (`MADV_HUGEPAGE`).
  case transparentHugePages = "thp"
}
