/* Unix sockets that keep the bounds of messages (SOCK_SEQPACKET), non-blocking. Results are not negative, or -errno. */
#ifndef SORTIE_UNIX_SOCKET_H
#define SORTIE_UNIX_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

/* The longest path that an address holds, without its zero. */
enum { SORTIE_UNIX_PATH_LIMIT = 107 };

int sortie_unix_connect(const char *_Nonnull path);

int sortie_unix_listen(const char *_Nonnull path);

int sortie_unix_accept(int listener);

/* One message, all of it. A peer that is gone is -EPIPE and no signal. */
int sortie_unix_send(int fd, const void *_Nonnull bytes, size_t count);

/* The size of the message, which is more than `count` when it was cut; 0 when the peer is gone. */
long sortie_unix_receive(int fd, void *_Nonnull bytes, size_t count);

/* Whether the peer is gone and has left no message. */
bool sortie_unix_is_closed(int fd);

/* Holds off others who want to make a socket in the directory of `path` until the descriptor is closed. */
int sortie_unix_lock(const char *_Nonnull path);

/* Removes a socket from the file system. What is there and no socket is -ENOTSOCK and stays. */
int sortie_unix_remove(const char *_Nonnull path);

#endif
