/* The I/O plan: what a guest that does I/O is to do, whatever the device. Guest and host compute it from the same few
 * numbers, so that the host can tell afterwards whether each byte came where it belongs.
 *
 * A disk has SORTIE_IO_BLOCKS blocks of `bytes` bytes each. Operation i reads or writes one of them. Any SORTIE_IO_BLOCKS
 * operations in a row, counted from a multiple of it, go to different blocks: operations that are under way at once do
 * not overlap, so their order does not matter.
 *
 * A host that emulates guest code takes thousands of cycles for an instruction: data are made and summed with two an
 * 8-byte word.
 */
#ifndef SORTIE_IO_PLAN_H
#define SORTIE_IO_PLAN_H

#include <stdint.h>

#define SORTIE_IO_INLINE static inline __attribute__((always_inline))

#define SORTIE_IO_BLOCKS 32u
#define SORTIE_IO_SECTOR_BYTES 512u
#define SORTIE_IO_SECTOR_WORDS 64u

struct sortie_io_plan {
    uint64_t seed;
    uint64_t operations;
    uint32_t bytes;         /* of an operation; on a disk a multiple of SORTIE_IO_SECTOR_BYTES, of a frame of 8 */
    uint32_t depth;         /* operations under way at once, a power of two and at most SORTIE_IO_BLOCKS */
    uint32_t write_percent; /* share of writes; of a network: 50 where each frame of the guest is answered, 100 where
                               none is, 0 where the guest sends none and the machine all that there are */
    uint32_t is_sequential; /* 1: block after block, 0: in random order */
};

/* Number `index` of the stream of `seed`: SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
 * generators", 2014). */
SORTIE_IO_INLINE uint64_t sortie_io_random(uint64_t seed, uint64_t index) {
    uint64_t value = seed + (index + 1) * 0x9e3779b97f4a7c15u;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return value ^ value >> 31;
}

/* Whether operation `index` writes. */
SORTIE_IO_INLINE uint32_t sortie_io_is_write(struct sortie_io_plan plan, uint64_t index) {
    return (sortie_io_random(plan.seed, index) >> 32) * 100 >> 32 < plan.write_percent;
}

/* The block of operation `index`. */
SORTIE_IO_INLINE uint32_t sortie_io_block(struct sortie_io_plan plan, uint64_t index) {
    uint32_t block = (uint32_t)index % SORTIE_IO_BLOCKS;
    if (plan.is_sequential)
        return block;
    /* Each step maps the numbers below 32 one to one. */
    const uint64_t key = sortie_io_random(~plan.seed, index / SORTIE_IO_BLOCKS);
    block = (block * ((uint32_t)key | 1) + (uint32_t)(key >> 32)) % SORTIE_IO_BLOCKS;
    block ^= block >> 3;
    return (block * ((uint32_t)(key >> 8) | 1) + (uint32_t)(key >> 40)) % SORTIE_IO_BLOCKS;
}

/* What tells the data of one writer from those of others: operation i is writer i + 1; 0 is the host, which fills the
 * disk beforehand. */
SORTIE_IO_INLINE uint64_t sortie_io_key(uint64_t seed, uint64_t writer) {
    return sortie_io_random(seed ^ 0x5851f42d4c957f2du, writer);
}

/* Words of which each is another. */
SORTIE_IO_INLINE void sortie_io_fill_words(uint64_t *words, uint64_t count, uint64_t word) {
#pragma clang loop unroll_count(16)
    for (uint64_t index = 0; index < count; index++) {
        words[index] = word;
        word += 0x9e3779b97f4a7c15u;
    }
}

/* Fills whole sectors with the data of `key`. */
SORTIE_IO_INLINE void sortie_io_fill(uint64_t *words, uint64_t sectors, uint64_t key) {
    for (uint64_t sector = 0; sector < sectors; sector++, words += SORTIE_IO_SECTOR_WORDS)
        sortie_io_fill_words(words, SORTIE_IO_SECTOR_WORDS, sortie_io_random(key, sector));
}

#define SORTIE_IO_CHECKSUM_START 0xcbf29ce484222325u

/* The checksum `sum` with some words behind it: a step of FNV-1a over their sum, which depends on their order. */
SORTIE_IO_INLINE uint64_t sortie_io_checksum_words(uint64_t sum, const uint64_t *words, uint64_t count) {
    uint64_t of_words = 0;
#pragma clang loop unroll_count(16)
    for (uint64_t index = 0; index < count; index++)
        of_words = (of_words << 1 | of_words >> 63) + words[index];
    return (sum ^ of_words) * 0x100000001b3u;
}

/* The checksum `sum` with whole sectors behind it. */
SORTIE_IO_INLINE uint64_t sortie_io_checksum(uint64_t sum, const uint64_t *words, uint64_t sectors) {
    for (uint64_t sector = 0; sector < sectors; sector++, words += SORTIE_IO_SECTOR_WORDS)
        sum = sortie_io_checksum_words(sum, words, SORTIE_IO_SECTOR_WORDS);
    return sum;
}

/* A frame of a network: operation i is the frame of number i from the guest to the machine, and the machine's answer of
 * the same number and length, or one of the two. Data fill it to its end: those of the guest have the key of writer i + 1,
 * those of the machine the same with the complement of the seed. */
struct sortie_io_frame {
    uint8_t destination[6];
    uint8_t source[6];
    uint16_t type; /* SORTIE_IO_ETHER_TYPE */
    uint16_t reserved;
    uint64_t number;
    uint64_t words[];
};

/* 0x88b5, local experimental 1 (IEEE 802, clause 9.2.4), in the network's byte order. */
#define SORTIE_IO_ETHER_TYPE 0xb588u

/* Words of data in a frame of `bytes` bytes. */
SORTIE_IO_INLINE uint64_t sortie_io_frame_words(uint64_t bytes) {
    return (bytes - sizeof(struct sortie_io_frame)) / sizeof(uint64_t);
}

/* The first word of the data of frame `number`, `seed` being the plan's or its complement. */
SORTIE_IO_INLINE uint64_t sortie_io_frame_word(uint64_t seed, uint64_t number) {
    return sortie_io_random(sortie_io_key(seed, number + 1), 0);
}

/* Character `index` of what a console is sent: printable ones, in rows of 64 that begin one further each time. */
SORTIE_IO_INLINE uint8_t sortie_io_character(uint64_t seed, uint64_t index) {
    return (uint8_t)(0x21 + ((seed + index + (index >> 6)) & 63));
}

#endif
