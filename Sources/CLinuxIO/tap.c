#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

_Static_assert(SORTIE_INTERFACE_NAME_SIZE == IFNAMSIZ, "the size of an interface's name");

static struct ifreq request_for(const char *name) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  return request;
}

int sortie_tap_open(void) {
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

int sortie_tap_attach(int fd, const char *name, int header_size) {
  struct ifreq request = request_for(name);
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  if (ioctl(fd, TUNSETIFF, &request) < 0) return -errno;
  if (ioctl(fd, TUNSETVNETHDRSZ, &header_size) < 0) return -errno;
  /* An interface that was there may have kept offloads of its last user. */
  return ioctl(fd, TUNSETOFFLOAD, 0UL) < 0 ? -errno : 0;
}

/* ioctls on an interface by name go through any socket. */
static int interface_request(unsigned long code, struct ifreq *request) {
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  int result = ioctl(fd, code, request) < 0 ? -errno : 0;
  close(fd);
  return result;
}

int sortie_interface_up(const char *name) {
  struct ifreq request = request_for(name);
  int result = interface_request(SIOCGIFFLAGS, &request);
  if (result < 0 || request.ifr_flags & IFF_UP) return result;
  request.ifr_flags |= IFF_UP;
  return interface_request(SIOCSIFFLAGS, &request);
}

int sortie_interface_mtu(const char *name) {
  struct ifreq request = request_for(name);
  int result = interface_request(SIOCGIFMTU, &request);
  return result < 0 ? result : request.ifr_mtu;
}

int sortie_tap_pass_only(int fd, const uint8_t *address) {
  union {
    struct tun_filter filter;
    char bytes[sizeof(struct tun_filter) + ETH_ALEN];
  } request;
  memset(&request, 0, sizeof request);
  if (address != NULL) {
    request.filter.count = 1;
    memcpy(request.filter.addr[0], address, ETH_ALEN);
  }
  return ioctl(fd, TUNSETTXFILTER, &request) < 0 ? -errno : 0;
}

int sortie_packet_open(const char *name, uint16_t type, int room) {
  struct ifreq request = request_for(name);
  int result = interface_request(SIOCGIFINDEX, &request);
  if (result < 0) return result;
  struct sockaddr_ll address = {
      .sll_family = AF_PACKET, .sll_protocol = htons(type), .sll_ifindex = request.ifr_ifindex};
  /* Without a protocol it receives nothing until it is bound. */
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room) < 0 ||
      bind(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
    result = -errno;
    close(fd);
    return result;
  }
  return fd;
}

long sortie_packet_receive(int fd, void *frame, size_t count) {
  ssize_t taken = recv(fd, frame, count, MSG_TRUNC);
  return taken < 0 ? -errno : taken;
}

long sortie_packet_send(int fd, const void *frame, size_t count) {
  ssize_t sent = send(fd, frame, count, MSG_NOSIGNAL);
  return sent < 0 ? -errno : sent;
}

enum { HEADER_LIMIT = sizeof(struct virtio_net_hdr_v1) };

long sortie_tap_write(int fd, size_t header_size, const void *frame, size_t count) {
  char header[HEADER_LIMIT] = {0};
  if (header_size > HEADER_LIMIT) return -EINVAL;
  struct iovec parts[] = {{header, header_size}, {(void *)frame, count}};
  ssize_t written = writev(fd, parts, 2);
  return written < 0 ? -errno : written;
}

long sortie_tap_read(int fd, size_t header_size, void *frame, size_t count) {
  char header[HEADER_LIMIT];
  char rest;
  if (header_size > HEADER_LIMIT) return -EINVAL;
  /* The kernel cuts a frame silently: a byte more than fits tells. */
  struct iovec parts[] = {{header, header_size}, {frame, count}, {&rest, 1}};
  ssize_t taken = readv(fd, parts, 3);
  return taken < 0 ? -errno : taken;
}
