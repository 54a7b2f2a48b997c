/* Calls on files and block devices that Swift's module of glibc leaves out. */
#ifndef SORTIE_STORAGE_H
#define SORTIE_STORAGE_H

#include <stdint.h>

/* fallocate(2) with FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE: the range reads as zeroes and takes no room. 0 or errno. */
int sortie_punch_hole(int descriptor, uint64_t offset, uint64_t count);

/* fallocate(2) with FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE: the range reads as zeroes and keeps its room. 0 or errno. */
int sortie_zero_range(int descriptor, uint64_t offset, uint64_t count);

/* BLKDISCARD of linux/fs.h: the range of a block device holds nothing of use any more. 0 or errno. */
int sortie_block_discard(int descriptor, uint64_t offset, uint64_t count);

/* BLKGETSIZE64 and BLKSSZGET of linux/fs.h: bytes of a block device, and of its logical blocks. 0 or errno. */
int sortie_block_geometry(int descriptor, uint64_t *_Nonnull byte_count, uint32_t *_Nonnull block_size);

#endif
