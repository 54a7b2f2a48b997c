#define _GNU_SOURCE
#include "kvm_thread.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void ignore_kick(int signal_number) { (void)signal_number; }

int sortie_kick_signal(void) { return SIGRTMIN; }

int sortie_install_kick_handler(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = ignore_kick;
  sigemptyset(&action.sa_mask);
  return sigaction(SIGRTMIN, &action, NULL) < 0 ? errno : 0;
}

int sortie_unblock_kick(void) {
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGRTMIN);
  return pthread_sigmask(SIG_UNBLOCK, &mask, NULL);
}

int sortie_thread_start(pthread_t *thread, int cpu, void *(*entry)(void *), void *context) {
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error) return error;

  sigset_t mask;
  sigfillset(&mask);
  sigdelset(&mask, SIGRTMIN);
  sigdelset(&mask, SIGSEGV);
  sigdelset(&mask, SIGBUS);
  sigdelset(&mask, SIGFPE);
  sigdelset(&mask, SIGILL);
  sigdelset(&mask, SIGTRAP);
  error = pthread_attr_setsigmask_np(&attributes, &mask);

  if (!error && cpu >= CPU_SETSIZE) error = EINVAL;
  if (!error && cpu >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    error = pthread_attr_setaffinity_np(&attributes, sizeof set, &set);
  }
  if (!error) error = pthread_create(thread, &attributes, entry, context);
  pthread_attr_destroy(&attributes);
  return error;
}

int sortie_thread_join(pthread_t thread) { return pthread_join(thread, NULL); }

static void *nothing(void *context) { return context; }

int sortie_try_cpu(int cpu) {
  pthread_t thread;
  int error = cpu < 0 ? EINVAL : sortie_thread_start(&thread, cpu, nothing, NULL);
  if (!error) error = sortie_thread_join(thread);
  return error;
}

void sortie_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

pid_t sortie_thread_id(void) { return (pid_t)syscall(SYS_gettid); }

int sortie_kick(pid_t thread_id) {
  return syscall(SYS_tgkill, getpid(), thread_id, SIGRTMIN) < 0 ? errno : 0;
}
