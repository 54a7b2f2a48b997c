/* Virtqueues served by the kernel (linux/vhost.h): Swift does not import the _IO macros. */
#ifndef SORTIE_VHOST_H
#define SORTIE_VHOST_H

#include <errno.h>
#include <linux/vhost.h>
#include <stddef.h>
#include <sys/ioctl.h>

static const unsigned long SORTIE_VHOST_GET_FEATURES = VHOST_GET_FEATURES;
static const unsigned long SORTIE_VHOST_SET_FEATURES = VHOST_SET_FEATURES;
static const unsigned long SORTIE_VHOST_SET_OWNER = VHOST_SET_OWNER;
static const unsigned long SORTIE_VHOST_SET_MEM_TABLE = VHOST_SET_MEM_TABLE;
static const unsigned long SORTIE_VHOST_SET_VRING_NUM = VHOST_SET_VRING_NUM;
static const unsigned long SORTIE_VHOST_SET_VRING_ADDR = VHOST_SET_VRING_ADDR;
static const unsigned long SORTIE_VHOST_SET_VRING_BASE = VHOST_SET_VRING_BASE;
static const unsigned long SORTIE_VHOST_GET_VRING_BASE = VHOST_GET_VRING_BASE;
static const unsigned long SORTIE_VHOST_SET_VRING_KICK = VHOST_SET_VRING_KICK;
static const unsigned long SORTIE_VHOST_SET_VRING_CALL = VHOST_SET_VRING_CALL;
static const unsigned long SORTIE_VHOST_SET_VRING_ERR = VHOST_SET_VRING_ERR;
static const unsigned long SORTIE_VHOST_NET_SET_BACKEND = VHOST_NET_SET_BACKEND;

/* struct vhost_memory with room for the two regions of a PC's RAM. */
struct sortie_vhost_memory {
  __u32 nregions;
  __u32 padding;
  struct vhost_memory_region regions[2];
};

_Static_assert(offsetof(struct sortie_vhost_memory, regions) == sizeof(struct vhost_memory), "struct vhost_memory");

/* The ioctl's result, or -errno. */
static inline int sortie_vhost_ioctl(int fd, unsigned long request, void *_Nullable argument) {
  int result = ioctl(fd, request, argument);
  return result < 0 ? -errno : result;
}

#endif
