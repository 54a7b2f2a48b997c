internal import SortieDevices
internal import SortieKVM
internal import Synchronization

/// The dirty log of a memory slot (KVM_GET_DIRTY_LOG), taken into memory set aside beforehand.
final class SlotDirtyLog: DirtyLog {
  private let vm: VMBox
  private let slot: UInt32
  // Only touched with the lock held.
  private nonisolated(unsafe) let bitmap: UnsafeMutableBufferPointer<UInt64>
  private let lock = Mutex<Void>(())

  /// The log of `slot`, which has `pages` pages.
  init(vm: VMBox, slot: UInt32, pages: Int) {
    self.vm = vm
    self.slot = slot
    bitmap = .allocate(capacity: (pages + 63) / 64)
  }

  deinit { bitmap.deallocate() }

  func take() -> UInt32? {
    lock.withLock { _ in
      guard (try? vm.vm.takeDirtyLog(slot: slot, into: bitmap)) != nil else { return nil }
      return bitmap.reduce(0) { $0 + UInt32($1.nonzeroBitCount) }
    }
  }
}
