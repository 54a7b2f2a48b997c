#define _GNU_SOURCE
#include "stop_signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static sigset_t stop_signals(void) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  return signals;
}

int sortie_block_stop_signals(void) {
  sigset_t signals = stop_signals();
  int error = pthread_sigmask(SIG_BLOCK, &signals, NULL);
  if (error) return -error;
  int fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  return fd < 0 ? -errno : fd;
}

void sortie_unblock_stop_signals(int fd) {
  sigset_t signals = stop_signals();
  close(fd);
  pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
}

int sortie_read_stop_signal(int fd) {
  struct signalfd_siginfo info;
  return read(fd, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}
