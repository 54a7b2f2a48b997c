/// A ring of fixed capacity over storage that is allocated once.
///
/// Sendable because nothing else refers to the storage.
package struct BoundedQueue<Element: BitwiseCopyable & Sendable>: ~Copyable, @unchecked Sendable {
  private let storage: UnsafeMutableBufferPointer<Element>
  private var head = 0
  package private(set) var count = 0

  package init(capacity: Int) { storage = .allocate(capacity: capacity) }

  deinit { storage.deallocate() }

  package var capacity: Int { storage.count }
  package var room: Int { storage.count - count }
  package var isEmpty: Bool { count == 0 }

  /// The oldest element.
  package var first: Element? { isEmpty ? nil : storage[head] }

  /// Puts `element` behind the others; false if there is no room.
  package mutating func append(_ element: Element) -> Bool {
    guard room > 0 else { return false }
    let toWrap = storage.count - head
    storage[count < toWrap ? head + count : count - toWrap] = element
    count += 1
    return true
  }

  /// Takes the oldest element.
  package mutating func removeFirst() -> Element? {
    guard !isEmpty else { return nil }
    let element = storage[head]
    head = head + 1 < storage.count ? head + 1 : 0
    count -= 1
    return element
  }

  /// Forgets all elements.
  package mutating func removeAll() {
    head = 0
    count = 0
  }
}
