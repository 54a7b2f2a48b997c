#define _GNU_SOURCE
#include "unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int use_address(const char *path, int (*use)(int, const struct sockaddr *, socklen_t)) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  _Static_assert(sizeof address.sun_path == SORTIE_UNIX_PATH_LIMIT + 1, "the size of a Unix socket's path");
  if (strlen(path) > SORTIE_UNIX_PATH_LIMIT) return -ENAMETOOLONG;
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  if (use(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
    int error = -errno;
    close(fd);
    return error;
  }
  return fd;
}

int sortie_unix_connect(const char *path) { return use_address(path, connect); }

int sortie_unix_listen(const char *path) {
  int fd = use_address(path, bind);
  if (fd < 0 || listen(fd, 0) == 0) return fd;
  int error = -errno;
  close(fd);
  return error;
}

int sortie_unix_accept(int listener) {
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

int sortie_unix_send(int fd, const void *bytes, size_t count) {
  return send(fd, bytes, count, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

long sortie_unix_receive(int fd, void *bytes, size_t count) {
  ssize_t size = recv(fd, bytes, count, MSG_TRUNC);
  return size < 0 ? -errno : size;
}

bool sortie_unix_is_closed(int fd) {
  char byte;
  ssize_t size = recv(fd, &byte, 1, MSG_PEEK);
  return size == 0 || (size < 0 && errno != EAGAIN);
}

int sortie_unix_lock(const char *path) {
  const char *slash = strrchr(path, '/');
  size_t length = slash == NULL ? 0 : (size_t)(slash - path) + 1;
  char directory[SORTIE_UNIX_PATH_LIMIT + 1] = ".";
  if (length >= sizeof directory) return -ENAMETOOLONG;
  if (length > 0) memcpy(directory, path, length), directory[length] = 0;
  int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return -errno;
  /* Whoever holds it for longer than half a second is not one of us, and nobody waits for that. */
  for (int tries = 0; tries < 50; tries++) {
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
    if (errno != EWOULDBLOCK && errno != EINTR) break;
    usleep(10000);
  }
  int error = -errno;
  close(fd);
  return error;
}

int sortie_unix_remove(const char *path) {
  struct stat status;
  if (lstat(path, &status) < 0) return -errno;
  if (!S_ISSOCK(status.st_mode)) return -ENOTSOCK;
  return unlink(path) < 0 ? -errno : 0;
}
