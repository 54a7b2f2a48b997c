/* Words in memory that a guest or another thread writes at the same time. */
#ifndef SORTIE_SHARED_MEMORY_H
#define SORTIE_SHARED_MEMORY_H

#include <stdint.h>

static inline uint64_t sortie_load_acquire_u64(const uint64_t *_Nonnull word) {
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline void sortie_store_release_u64(uint64_t *_Nonnull word, uint64_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

#endif
