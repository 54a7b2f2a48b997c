import SortieKVM
import Testing

struct KVMErrorTests {
  @Test func anErrorIsOneSentenceWithCallErrnoAndHint() {
    let error = KVMError(operation: "KVM_CREATE_VCPU id 3", errno: 17, hint: "each id once")
    #expect(error.description == "KVM_CREATE_VCPU id 3: File exists (errno 17); each id once")
    #expect(KVMError(operation: "KVM_RUN", errno: 0).description == "KVM_RUN")
  }

  @Test func aMissingDeviceIsNamedWithARemedy() {
    let error = #expect(throws: KVMError.self) { _ = try KVMSystem(path: "/nonexistent/kvm") }
    #expect(error?.errno == 2)
    #expect(error?.description.contains("/nonexistent/kvm") == true)
    #expect(error?.description.contains("modprobe") == true)
  }

  @Test func aFileThatIsNotKVMIsRefused() {
    let error = #expect(throws: KVMError.self) { _ = try KVMSystem(path: "/dev/null") }
    #expect(error?.description.contains("/dev/null") == true)
  }
}
