/* Tap interfaces (Linux: Documentation/networking/tuntap.rst). Results are not negative, or -errno. */
#ifndef SORTIE_TAP_H
#define SORTIE_TAP_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of an interface's name with its zero. */
enum { SORTIE_INTERFACE_NAME_SIZE = 16 };

/* A non-blocking descriptor of /dev/net/tun, not yet of an interface. */
int sortie_tap_open(void);

/* Makes `fd` the end of the tap interface `name`, which is created if there is none. Frames carry a virtio_net_hdr of
   `header_size` bytes; no offload is on. */
int sortie_tap_attach(int fd, const char *_Nonnull name, int header_size);

/* Brings an interface up; 0 also when it was. */
int sortie_interface_up(const char *_Nonnull name);

int sortie_interface_mtu(const char *_Nonnull name);

/* One frame behind a header of zeros; the bytes written, header included. */
long sortie_tap_write(int fd, size_t header_size, const void *_Nonnull frame, size_t count);

/* One frame without its header: the bytes read, header included, which is more than fits when the frame was cut. */
long sortie_tap_read(int fd, size_t header_size, void *_Nonnull frame, size_t count);

/* From now on the interface passes only frames to the station `address` (6 bytes) to its descriptor; NULL: all. */
int sortie_tap_pass_only(int fd, const uint8_t *_Nullable address);

/* A non-blocking socket for frames of the Ethernet type `type` on the interface `name`, from the host's side (packet(7)); of
   those that the host itself sends there it receives none. `room` bytes may wait in it. */
int sortie_packet_open(const char *_Nonnull name, uint16_t type, int room);

/* The next frame: its bytes, which may be more than `count`. */
long sortie_packet_receive(int fd, void *_Nonnull frame, size_t count);

long sortie_packet_send(int fd, const void *_Nonnull frame, size_t count);

#endif
