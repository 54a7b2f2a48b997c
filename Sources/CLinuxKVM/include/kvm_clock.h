/* Reads of the time stamp counter (Intel SDM volume 2, RDTSC and RDTSCP). */
#ifndef SORTIE_KVM_CLOCK_H
#define SORTIE_KVM_CLOCK_H

#include <stdint.h>

/* TSC cycles, unordered with the instructions around it. */
static inline __attribute__((always_inline)) uint64_t sortie_rdtsc(void) { return __builtin_ia32_rdtsc(); }

/* TSC cycles after all earlier instructions have completed (LFENCE; RDTSC). */
static inline __attribute__((always_inline)) uint64_t sortie_lfence_rdtsc(void) {
  uint32_t low, high;
  __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
  return ((uint64_t)high << 32) | low;
}

/* TSC cycles and IA32_TSC_AUX, in which Linux keeps the CPU in bits 11:0 and the NUMA node above. */
static inline __attribute__((always_inline)) uint64_t sortie_rdtscp(uint32_t *_Nonnull aux) {
  uint32_t low, high, value;
  __asm__ volatile("rdtscp" : "=a"(low), "=d"(high), "=c"(value) : : "memory");
  *aux = value;
  return ((uint64_t)high << 32) | low;
}

#endif
