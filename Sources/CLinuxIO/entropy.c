#include "entropy.h"

#include <errno.h>
#include <sys/random.h>

ssize_t sortie_random(void *bytes, size_t count) {
  ssize_t written = getrandom(bytes, count, 0);
  return written < 0 ? -errno : written;
}
