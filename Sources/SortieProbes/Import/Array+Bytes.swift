extension [UInt8] {
  /// Calls `body` with the bytes, as `withUnsafeBytes` does, which does not know what `body` throws.
  func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws(ImportError) -> Result
  ) throws(ImportError) -> Result {
    let result: Swift.Result<Result, ImportError> = withUnsafeBytes { bytes in
      do throws(ImportError) { return .success(try body(bytes)) } catch { return .failure(error) }
    }
    return try result.get()
  }
}
