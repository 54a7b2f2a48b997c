/*
 * Preloaded into a VMM, counts what each thread allocates and which references it counts between a return of KVM_RUN
 * and the next KVM_RUN. At exit it writes one line for each thread that ran a vCPU to the file SORTIE_COUNT_FILE:
 *
 *   thread windows allocations retains releases windows_that_allocated windows_that_counted
 *
 * A window is the time between two KVM_RUNs. With SORTIE_COUNT_CONTROL set each window holds one allocation, one retain
 * and one release more, which shows that they would have been seen.
 *
 * References are counted through the hooks of the Swift runtime (`_swift_retain` and its like), which a statically
 * linked runtime does not export: then retains and releases are given as -1.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { most_threads = 64 };

struct counts {
  uint64_t allocations, retains, releases;
};

struct thread {
  pid_t id;
  uint64_t windows, allocating, counting;
  struct counts total;
};

static struct thread threads[most_threads];
static unsigned thread_count;
static int control;
static int has_hooks;

static __thread struct counts now __attribute__((tls_model("initial-exec")));
static __thread struct counts before __attribute__((tls_model("initial-exec")));
static __thread struct thread *this_thread __attribute__((tls_model("initial-exec")));

/* glibc's own entry points: these take no lookup, which would itself allocate. */
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) {
  now.allocations++;
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  now.allocations++;
  return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
  now.allocations++;
  return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
  now.allocations++;
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
  void *result = memalign(alignment, size);
  if (!result) return ENOMEM;
  *memory = result;
  return 0;
}

/* The runtime's hooks (swift/Runtime/InstrumentsSupport.h): every count of a reference goes through one of them. */
extern void *(*_swift_retain)(void *) __attribute__((weak));
extern void *(*_swift_retain_n)(void *, uint32_t) __attribute__((weak));
extern void (*_swift_release)(void *) __attribute__((weak));
extern void (*_swift_release_n)(void *, uint32_t) __attribute__((weak));
static void *(*real_retain)(void *);
static void *(*real_retain_n)(void *, uint32_t);
static void (*real_release)(void *);
static void (*real_release_n)(void *, uint32_t);

static void *counting_retain(void *object) {
  now.retains++;
  return real_retain(object);
}

static void *counting_retain_n(void *object, uint32_t count) {
  now.retains++;
  return real_retain_n(object, count);
}

static void counting_release(void *object) {
  now.releases++;
  real_release(object);
}

static void counting_release_n(void *object, uint32_t count) {
  now.releases++;
  real_release_n(object, count);
}

__attribute__((constructor)) static void begin(void) {
  control = getenv("SORTIE_COUNT_CONTROL") != NULL;
  has_hooks = &_swift_retain && &_swift_release && &_swift_retain_n && &_swift_release_n;
  if (!has_hooks) return;
  real_retain = _swift_retain;
  real_retain_n = _swift_retain_n;
  real_release = _swift_release;
  real_release_n = _swift_release_n;
  _swift_retain = counting_retain;
  _swift_retain_n = counting_retain_n;
  _swift_release = counting_release;
  _swift_release_n = counting_release_n;
}

__attribute__((destructor)) static void end(void) {
  const char *path = getenv("SORTIE_COUNT_FILE");
  FILE *file = path ? fopen(path, "w") : NULL;
  if (!file) return;
  for (unsigned index = 0; index < thread_count && index < most_threads; index++) {
    struct thread *thread = &threads[index];
    fprintf(file, "%d %llu %llu %lld %lld %llu %llu\n", (int)thread->id, (unsigned long long)thread->windows,
            (unsigned long long)thread->total.allocations, has_hooks ? (long long)thread->total.retains : -1LL,
            has_hooks ? (long long)thread->total.releases : -1LL, (unsigned long long)thread->allocating,
            (unsigned long long)thread->counting);
  }
  fclose(file);
}

static void close_window(void) {
  if (!this_thread) {
    unsigned index = __atomic_fetch_add(&thread_count, 1, __ATOMIC_RELAXED);
    if (index >= most_threads) abort();
    this_thread = &threads[index];
    this_thread->id = (pid_t)syscall(SYS_gettid);
    return;
  }
  if (control) {
    free(malloc(1));
    if (has_hooks) {
      _swift_retain(NULL);
      _swift_release(NULL);
    }
  }
  uint64_t allocations = now.allocations - before.allocations;
  uint64_t retains = now.retains - before.retains;
  uint64_t releases = now.releases - before.releases;
  this_thread->windows++;
  this_thread->total.allocations += allocations;
  this_thread->total.retains += retains;
  this_thread->total.releases += releases;
  this_thread->allocating += allocations != 0;
  this_thread->counting += retains + releases != 0;
}

int ioctl(int descriptor, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  if (request == KVM_RUN) close_window();
  int result = (int)syscall(SYS_ioctl, descriptor, request, argument);
  if (request == KVM_RUN) before = now;
  return result;
}
