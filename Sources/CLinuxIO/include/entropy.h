/* The host's random numbers. */
#ifndef SORTIE_ENTROPY_H
#define SORTIE_ENTROPY_H

#include <stddef.h>
#include <sys/types.h>

/* getrandom(2) without flags: how many bytes were written, fewer after a signal, or -errno. */
ssize_t sortie_random(void *_Nonnull bytes, size_t count);

#endif
