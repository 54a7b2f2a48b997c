/* Calls of glibc that Swift's module of it leaves out. */
#ifndef SORTIE_GNU_CALLS_H
#define SORTIE_GNU_CALLS_H

/* memfd_create(2) with MFD_CLOEXEC: a descriptor, or -errno. */
int sortie_memfd(const char *_Nonnull name);

/* The same of huge pages (MFD_HUGETLB). */
int sortie_memfd_huge(const char *_Nonnull name);

/* pipe2(2) with O_CLOEXEC: 0, or -errno. */
int sortie_pipe(int ends[_Nonnull 2]);

/* The last processor that the calling thread may use (sched_getaffinity(2)), -1 if unknown. */
int sortie_last_usable_cpu(void);

/* The processor the calling thread runs on (sched_getcpu(3): a load from the rseq area), -1 if unknown. */
int sortie_current_cpu(void);

#endif
