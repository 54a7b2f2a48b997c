import Glibc

/// Whether there is time for many cases: `make test-long`.
let isLong = getenv("SORTIE_TEST_LONG") != nil
