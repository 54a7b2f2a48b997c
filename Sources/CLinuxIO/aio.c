#define _GNU_SOURCE
#include "aio.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int sortie_aio_open(const char *path) {
  const int descriptor = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

static int wait_for(aio_context_t context, struct sortie_aio_operation *operations, long count) {
  struct io_event events[SORTIE_AIO_LIMIT];
  while (count > 0) {
    const long got = syscall(SYS_io_getevents, context, 1L, count, events, NULL);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return errno;
    for (long index = 0; index < got; index++)
      operations[events[index].data].result = events[index].res;
    count -= got;
  }
  return 0;
}

int sortie_aio_begin(int count, uint64_t *context) {
  aio_context_t made = 0;
  if (syscall(SYS_io_setup, (unsigned)count, &made) < 0)
    return errno;
  *context = made;
  return 0;
}

void sortie_aio_end(uint64_t context) { syscall(SYS_io_destroy, (aio_context_t)context); }

int sortie_aio_perform(uint64_t context, struct sortie_aio_operation *operations, int count) {
  if (count < 1 || count > SORTIE_AIO_LIMIT)
    return EINVAL;
  struct iocb blocks[SORTIE_AIO_LIMIT];
  struct iocb *pointers[SORTIE_AIO_LIMIT];
  memset(blocks, 0, sizeof blocks);
  for (int index = 0; index < count; index++) {
    const struct sortie_aio_operation *operation = &operations[index];
    blocks[index].aio_data = (uint64_t)index;
    blocks[index].aio_lio_opcode = operation->is_write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
    blocks[index].aio_fildes = (uint32_t)operation->descriptor;
    blocks[index].aio_buf = (uint64_t)(uintptr_t)operation->buffer;
    blocks[index].aio_nbytes = operation->count;
    blocks[index].aio_offset = (int64_t)operation->offset;
    pointers[index] = &blocks[index];
  }
  int error = 0;
  long submitted = 0;
  while (submitted < count && error == 0) {
    const long taken = syscall(SYS_io_submit, (aio_context_t)context, count - submitted, pointers + submitted);
    if (taken < 0 && errno != EINTR)
      error = errno;
    if (taken > 0)
      submitted += taken;
  }
  const int lost = wait_for(context, operations, submitted);
  return error != 0 ? error : lost;
}
