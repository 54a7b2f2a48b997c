/* Operations on a descriptor that are under way at once: Linux' native asynchronous I/O. */
#ifndef SORTIE_AIO_H
#define SORTIE_AIO_H

#include <stdint.h>

/* open(2) for reading and writing past the page cache (O_DIRECT), without which submitting an operation waits for it: a
   descriptor, or -errno. */
int sortie_aio_open(const char *_Nonnull path);

struct sortie_aio_operation {
  void *_Nullable buffer;
  uint64_t count;
  uint64_t offset;
  int64_t result; /* bytes moved, or -errno */
  int descriptor;
  int is_write;
};

/* The most operations of one call. */
#define SORTIE_AIO_LIMIT 64

/* io_setup(2) for so many operations at once: 0 or errno. */
int sortie_aio_begin(int count, uint64_t *_Nonnull context);

/* io_submit(2) of all of them at once, which must be at most SORTIE_AIO_LIMIT, and io_getevents(2) until all have their
   results. 0 or errno; after an error some may still be under way, until sortie_aio_end. */
int sortie_aio_perform(uint64_t context, struct sortie_aio_operation *_Nonnull operations, int count);

/* io_destroy(2), which waits for what is under way, and for a grace period of the kernel: not for once a batch. */
void sortie_aio_end(uint64_t context);

#endif
