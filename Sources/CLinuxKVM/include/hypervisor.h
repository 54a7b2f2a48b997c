/* The hypervisor below this host, by the CPUID leaf that hypervisors share (Linux, asm/cpuid.h: 0x40000000). */
#ifndef SORTIE_HYPERVISOR_H
#define SORTIE_HYPERVISOR_H

#include <cpuid.h>
#include <stdint.h>
#include <string.h>

/* Its signature of 12 bytes; only where CPUID.1:ECX[31] says that there is one does it mean anything. */
static inline void sortie_hypervisor_signature(uint8_t *_Nonnull signature) {
  uint32_t eax, ebx, ecx, edx;
  __cpuid(0x40000000, eax, ebx, ecx, edx);
  memcpy(signature, &ebx, 4);
  memcpy(signature + 4, &ecx, 4);
  memcpy(signature + 8, &edx, 4);
}

#endif
