#define _GNU_SOURCE
#include "storage.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

static int allocate(int descriptor, int mode, uint64_t offset, uint64_t count) {
  int result;
  do {
    result = fallocate(descriptor, mode | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)count);
  } while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

int sortie_punch_hole(int descriptor, uint64_t offset, uint64_t count) {
  return allocate(descriptor, FALLOC_FL_PUNCH_HOLE, offset, count);
}

int sortie_zero_range(int descriptor, uint64_t offset, uint64_t count) {
  return allocate(descriptor, FALLOC_FL_ZERO_RANGE, offset, count);
}

int sortie_block_discard(int descriptor, uint64_t offset, uint64_t count) {
  uint64_t range[2] = {offset, count};
  return ioctl(descriptor, BLKDISCARD, range) == 0 ? 0 : errno;
}

int sortie_block_geometry(int descriptor, uint64_t *byte_count, uint32_t *block_size) {
  int size;
  if (ioctl(descriptor, BLKGETSIZE64, byte_count) != 0 || ioctl(descriptor, BLKSSZGET, &size) != 0) return errno;
  *block_size = (uint32_t)size;
  return 0;
}
