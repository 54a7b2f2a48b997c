/* A split virtqueue in memory (Virtual I/O Device Version 1.2, section 2.7). */
#ifndef SORTIE_GUEST_VIRTIO_RING_H
#define SORTIE_GUEST_VIRTIO_RING_H

#include <stdint.h>

struct virtq_descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags; /* enum virtq_descriptor_flags */
    uint16_t next;
};

enum virtq_descriptor_flags {
    VIRTQ_NEXT = 1,
    VIRTQ_DEVICE_WRITES = 2,
};

/* Both rings begin alike; behind it stand heads of chains, 16 bits each, or used elements, 64 bits each. */
struct virtq_ring {
    uint16_t flags; /* 1 in the used ring: the device wants no kicks now */
    uint16_t index;
};

/* A chain that the device has given back, an element of the used ring. */
struct virtq_used {
    uint32_t head;
    uint32_t written;
};

/* The first 16 bytes of a request to a block device (section 5.2.6). */
struct virtio_block_header {
    uint32_t kind; /* 0: read, 1: write */
    uint32_t reserved;
    uint64_t sector;
};

#endif
