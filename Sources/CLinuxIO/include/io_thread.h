/* The thread of an I/O loop, and what it waits with. */
#ifndef SORTIE_IO_THREAD_H
#define SORTIE_IO_THREAD_H

#include <pthread.h>
#include <stdint.h>

/*
 * Starts entry(context) on a thread named `name` (at most 15 characters) that blocks every signal but those a fault
 * raises, so that kicks and stops reach the threads they are meant for. 0 or errno.
 */
int sortie_io_thread_start(pthread_t *_Nonnull thread, const char *_Nonnull name,
                           void *_Nullable (*_Nonnull entry)(void *_Nullable), void *_Nullable context);

/* An eventfd(2) at zero with EFD_NONBLOCK and EFD_CLOEXEC: a descriptor, or -errno. */
int sortie_io_eventfd(void);

/* epoll_create1(2) with EPOLL_CLOEXEC: a descriptor, or -errno. */
int sortie_epoll_create(void);

/* epoll_ctl(2): `events` of EPOLLIN and so on come back with `token`. 0 or errno. */
int sortie_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token);
int sortie_epoll_modify(int epoll, int descriptor, uint32_t events, uint64_t token);
int sortie_epoll_remove(int epoll, int descriptor);

struct sortie_epoll_event {
  uint64_t token;
  uint32_t events;
};

/* epoll_wait(2) without a time limit, resumed after signals: how many of the `count` (at most 64) events were written,
   or -errno. */
int sortie_epoll_wait(int epoll, struct sortie_epoll_event *_Nonnull events, int count);

#endif
