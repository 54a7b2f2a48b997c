#define _GNU_SOURCE
#include "io_thread.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

int sortie_io_thread_start(pthread_t *thread, const char *name, void *(*entry)(void *), void *context) {
  sigset_t blocked, before;
  sigfillset(&blocked);
  sigdelset(&blocked, SIGSEGV);
  sigdelset(&blocked, SIGBUS);
  sigdelset(&blocked, SIGFPE);
  sigdelset(&blocked, SIGILL);
  sigdelset(&blocked, SIGTRAP);
  /* A new thread inherits the mask of the one that starts it. */
  int error = pthread_sigmask(SIG_SETMASK, &blocked, &before);
  if (error != 0) return error;
  error = pthread_create(thread, NULL, entry, context);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (error == 0) pthread_setname_np(*thread, name);
  return error;
}

int sortie_io_eventfd(void) {
  int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

int sortie_epoll_create(void) {
  int fd = epoll_create1(EPOLL_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

static int control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token) {
  struct epoll_event event = {.events = events, .data.u64 = token};
  return epoll_ctl(epoll, operation, descriptor, &event) == 0 ? 0 : errno;
}

int sortie_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token) {
  return control(epoll, EPOLL_CTL_ADD, descriptor, events, token);
}

int sortie_epoll_modify(int epoll, int descriptor, uint32_t events, uint64_t token) {
  return control(epoll, EPOLL_CTL_MOD, descriptor, events, token);
}

int sortie_epoll_remove(int epoll, int descriptor) { return control(epoll, EPOLL_CTL_DEL, descriptor, 0, 0); }

int sortie_epoll_wait(int epoll, struct sortie_epoll_event *events, int count) {
  struct epoll_event ready[64];
  int got;
  do {
    got = epoll_wait(epoll, ready, count < 64 ? count : 64, -1);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return -errno;
  for (int i = 0; i < got; i++)
    events[i] = (struct sortie_epoll_event){.token = ready[i].data.u64, .events = ready[i].events};
  return got;
}
