#define _GNU_SOURCE
#include "gnu_calls.h"

#include <errno.h>
#include <fcntl.h>
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

int sortie_last_usable_cpu(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return -1;
  for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--)
    if (CPU_ISSET(cpu, &set)) return cpu;
  return -1;
}
