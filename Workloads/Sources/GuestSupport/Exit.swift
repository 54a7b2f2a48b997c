public import CGuest
public import GuestABI

/// Ends the run with a value for the debug exit port; the host sees status `(value << 1) | 1`.
public func exit(with value: sortie_exit_value) -> Never {
  outl(UInt16(SORTIE_PORT_DEBUG_EXIT), value.rawValue)
  while true {
    cli()
    hlt()
  }
}

/// Prints a sentence on the UART and ends the run.
public func fail(_ sentence: StaticString, _ value: sortie_exit_value) -> Never {
  Console.write("guest: ")
  Console.write(sentence)
  Console.write("\n")
  exit(with: value)
}
