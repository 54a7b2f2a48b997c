/* The kernel's tracing file system, reached without leaving anything mounted. */
#ifndef SORTIE_TRACEFS_H
#define SORTIE_TRACEFS_H

/* A descriptor of the directory `path` if a tracefs is mounted on it, else -errno (-ENODEV: another file system). */
int sortie_open_tracefs(const char *_Nonnull path);

/*
 * A descriptor of the root of a tracefs that is mounted nowhere (fsopen(2), fsmount(2); Linux 5.2): it goes with the
 * descriptor, so that nothing stays behind whatever becomes of the process. -errno (-EPERM: needs CAP_SYS_ADMIN).
 */
int sortie_detached_tracefs(void);

#endif
