/* A legacy descriptor of an Intel 8254x network card, of either ring (Software Developer's Manual, sections 3.2.3 and
 * 3.3.3). */
#ifndef SORTIE_GUEST_E1000_H
#define SORTIE_GUEST_E1000_H

#include <stdint.h>

struct e1000_descriptor {
    uint64_t address;
    uint16_t length;
    uint8_t checksum; /* of received frames two bytes, whose second is `command`'s place */
    uint8_t command;  /* of frames to send */
    uint8_t status;
    uint8_t errors;
    uint16_t special;
};

#endif
