internal import CLinuxKVM

/// ioctl with a plain number. Gives the kernel's result, which is not negative.
@discardableResult
func control(
  _ descriptor: Int32, _ request: UInt, _ name: @autoclosure () -> String, value: UInt = 0,
  hint: @autoclosure () -> String = ""
) throws(KVMError) -> Int32 {
  let result = sortie_ioctl_value(descriptor, request, value)
  guard result >= 0 else {
    throw KVMError(operation: name(), errno: -result, hint: hint())
  }
  return result
}

/// ioctl with a C structure that the kernel reads and may write. Gives the kernel's result, which is not negative.
@discardableResult
func control<Argument>(
  _ descriptor: Int32, _ request: UInt, _ name: @autoclosure () -> String, _ argument: inout Argument,
  hint: @autoclosure () -> String = ""
) throws(KVMError) -> Int32 {
  let result = withUnsafeMutablePointer(to: &argument) { sortie_ioctl_pointer(descriptor, request, $0) }
  guard result >= 0 else {
    throw KVMError(operation: name(), errno: -result, hint: hint())
  }
  return result
}

/// ioctl with a buffer, for the structures that end in an array.
@discardableResult
func control(
  _ descriptor: Int32, _ request: UInt, _ name: @autoclosure () -> String, buffer: UnsafeMutableRawPointer,
  hint: @autoclosure () -> String = ""
) throws(KVMError) -> Int32 {
  let result = sortie_ioctl_pointer(descriptor, request, buffer)
  guard result >= 0 else {
    throw KVMError(operation: name(), errno: -result, hint: hint())
  }
  return result
}
