/* The raw ioctl: one C signature for each shape of argument, results as the kernel gives them (-errno). */
#ifndef SORTIE_KVM_IOCTL_H
#define SORTIE_KVM_IOCTL_H

#include <errno.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

/* The ioctl's result, or -errno. */
static inline int sortie_ioctl_value(int fd, unsigned long request, unsigned long value) {
  int result = ioctl(fd, request, value);
  return result < 0 ? -errno : result;
}

/* The ioctl's result, or -errno. */
static inline int sortie_ioctl_pointer(int fd, unsigned long request, void *_Nullable argument) {
  int result = ioctl(fd, request, argument);
  return result < 0 ? -errno : result;
}

/* One KVM_RUN: 0, or a positive errno. EINTR is reported, never retried. */
static inline int sortie_kvm_run(int fd) {
  return __builtin_expect(ioctl(fd, KVM_RUN, 0UL) < 0, 0) ? errno : 0;
}

/* A close-on-exec, non-blocking eventfd at zero, or -errno. Glibc's header does not reach Swift. */
static inline int sortie_eventfd(void) {
  int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return fd < 0 ? -errno : fd;
}

/* kvm_run.immediate_exit is written by other threads while KVM reads it. The first gives the byte before. */
static inline uint8_t sortie_byte_or(uint8_t *_Nonnull byte, uint8_t bits) {
  return __atomic_fetch_or(byte, bits, __ATOMIC_SEQ_CST);
}

static inline void sortie_byte_and(uint8_t *_Nonnull byte, uint8_t bits) {
  __atomic_fetch_and(byte, bits, __ATOMIC_SEQ_CST);
}

static inline uint8_t sortie_byte_load(const uint8_t *_Nonnull byte) {
  return __atomic_load_n(byte, __ATOMIC_SEQ_CST);
}

/* The two indices of the coalesced ring are shared with the kernel, which writes `last` from any vCPU. */
static inline uint32_t sortie_load_acquire_u32(const uint32_t *_Nonnull word) {
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline void sortie_store_release_u32(uint32_t *_Nonnull word, uint32_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

#endif
