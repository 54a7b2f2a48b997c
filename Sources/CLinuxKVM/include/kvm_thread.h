/* Threads for vCPUs and the signal that makes KVM_RUN return. */
#ifndef SORTIE_KVM_THREAD_H
#define SORTIE_KVM_THREAD_H

#include <pthread.h>
#include <stdint.h>
#include <sys/types.h>

/* SIGRTMIN, the signal that kicks a vCPU thread out of KVM_RUN. */
int sortie_kick_signal(void);

/* Installs an empty handler without SA_RESTART for the kick signal. 0 or errno. */
int sortie_install_kick_handler(void);

/*
 * Lets the kick signal reach the calling thread. Threads of sortie_thread_start have it; those of a dispatch pool
 * block every signal, and KVM_RUN does not return for a blocked one. 0 or errno.
 */
int sortie_unblock_kick(void);

/*
 * Starts entry(context) on a thread of its own, on host CPU `cpu` only, or anywhere when cpu < 0. The thread
 * blocks every signal but the kick and the ones a fault raises. 0 or errno (EINVAL: no such CPU).
 */
int sortie_thread_start(pthread_t *_Nonnull thread, int cpu, void *_Nullable (*_Nonnull entry)(void *_Nullable),
                        void *_Nullable context);

/* Waits for the thread. 0 or errno. */
int sortie_thread_join(pthread_t thread);

/* Whether a thread of this process may run on host CPU `cpu`: one is started there, and ends. 0 or errno. */
int sortie_try_cpu(int cpu);

/* Names the calling thread (pthread_setname_np(3)): at most 15 characters, or it keeps the name it had. */
void sortie_name_thread(const char *_Nonnull name);

/* The kernel's id of the calling thread, as sortie_kick takes it. */
pid_t sortie_thread_id(void);

/* Sends the kick signal to a thread of this process. 0 or errno (ESRCH: it has ended). */
int sortie_kick(pid_t thread_id);

#endif
