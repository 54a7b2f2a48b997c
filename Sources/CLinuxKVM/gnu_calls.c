#define _GNU_SOURCE
#include "gnu_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

int sortie_memfd(const char *name) {
  int fd = memfd_create(name, MFD_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

int sortie_memfd_huge(const char *name) {
  int fd = memfd_create(name, MFD_CLOEXEC | MFD_HUGETLB);
  return fd < 0 ? -errno : fd;
}

int sortie_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) == 0 ? 0 : -errno; }

int sortie_current_cpu(void) { return sched_getcpu(); }

static void *nothing(void *context) { return context; }

int sortie_try_cpu(int cpu) {
  if (cpu < 0 || cpu >= CPU_SETSIZE) return EINVAL;
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error) return error;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  error = pthread_attr_setaffinity_np(&attributes, sizeof one, &one);
  pthread_t thread;
  if (!error) error = pthread_create(&thread, &attributes, nothing, NULL);
  if (!error) pthread_join(thread, NULL);
  pthread_attr_destroy(&attributes);
  return error;
}

int sortie_last_usable_cpu(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return -1;
  for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--)
    if (CPU_ISSET(cpu, &set)) return cpu;
  return -1;
}
