/// Neighbouring pages, gathered from single ones that come in ascending or in descending order, as drivers name them:
/// one system call frees them all.
struct PageRun {
  private(set) var pages: ClosedRange<UInt32>

  init(_ page: UInt32) { pages = page...page }

  /// Adds a page; false if it is no neighbour.
  mutating func extend(_ page: UInt32) -> Bool {
    if pages.upperBound < .max, page == pages.upperBound + 1 {
      pages = pages.lowerBound...page
    } else if pages.lowerBound > 0, page == pages.lowerBound - 1 {
      pages = page...pages.upperBound
    } else {
      return false
    }
    return true
  }
}
