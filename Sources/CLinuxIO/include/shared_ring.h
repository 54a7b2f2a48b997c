/* Rings that a guest and its devices share: each side publishes with release and reads with acquire. */
#ifndef SORTIE_SHARED_RING_H
#define SORTIE_SHARED_RING_H

#include <stdint.h>

static inline uint16_t sortie_ring_load_acquire(const uint16_t *_Nonnull word) {
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline void sortie_ring_store_release(uint16_t *_Nonnull word, uint16_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/* A store to one word is seen before a later load of another: between publishing an index and looking whether the other
   side wants to be told (Virtual I/O Device Version 1.2, sections 2.7.7 and 2.7.10). */
static inline void sortie_ring_fence(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

/* Eight bytes of guest memory at any address, loaded exactly once: what is then checked is what is then used, whatever
   the guest writes meanwhile. */
static inline uint64_t sortie_ring_load_once(const void *_Nonnull bytes) {
  typedef uint64_t __attribute__((aligned(1), may_alias)) anywhere;
  return *(const volatile anywhere *)bytes;
}

#endif
