#include "entry.h"

uint8_t guest_pages[2 * 4096] __attribute__((aligned(4096)));
