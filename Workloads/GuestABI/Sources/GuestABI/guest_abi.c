/* A header-only target needs one translation unit. */
#include "guest_abi.h"

_Static_assert(sizeof(struct sortie_stamp_ring) == 128, "the ring header is two cache lines");
_Static_assert(sizeof(struct sortie_boot_info) <= 4096, "the boot info is one page");
_Static_assert(sizeof(struct sortie_io_plan) == 32, "the plan is half a cache line");
