#define _GNU_SOURCE
#include "gnu_calls.h"

#include <errno.h>
#include <sched.h>
#include <sys/mman.h>

int sortie_memfd(const char *name) {
  int fd = memfd_create(name, MFD_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

int sortie_current_cpu(void) { return sched_getcpu(); }
