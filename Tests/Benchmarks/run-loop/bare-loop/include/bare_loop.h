/* The smallest VMM for the guest of this benchmark: KVM_RUN again and again, and nothing else. */
#ifndef SORTIE_BARE_LOOP_H
#define SORTIE_BARE_LOOP_H

#include <stddef.h>
#include <stdint.h>

/*
 * Runs the ELF executable of `length` bytes at `image` in a VM of its own, in 64-bit mode as guest_abi.h says, with the
 * same RAM and interrupt controllers as a Sortie machine, on the calling thread, until it writes to the debug exit port.
 *
 * `cycles` gets the TSC at the first entry and after every `stride` port exits, at most `capacity` of them.
 * Returns how many were stored, or -errno.
 */
long bare_loop(const uint8_t *_Nonnull image, size_t length, uint64_t iterations, uint64_t stride,
               uint64_t *_Nonnull cycles, size_t capacity);

#endif
