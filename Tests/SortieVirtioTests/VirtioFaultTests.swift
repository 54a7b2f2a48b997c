import SortieVirtio
import Testing

struct VirtioFaultTests {
  @Test func faultNamesTheQueueAndTheAddress() {
    let fault = VirtioFault.queueOutsideMemory(queue: 2, part: .used, address: 0xfee0_0000)
    #expect("\(fault)" == "the used ring of queue 2 at 0xfee00000 is outside guest memory")
  }
}
