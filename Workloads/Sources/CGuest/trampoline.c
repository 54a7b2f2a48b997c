#include "entry.h"

extern uint8_t guest_trampoline_begin[], guest_trampoline_end[];
extern uint64_t guest_trampoline_cr3, guest_trampoline_cr4, guest_trampoline_stack, guest_trampoline_index;

void guest_prepare_trampoline(uint64_t index, uint64_t stack_top) {
    guest_trampoline_cr3 = read_cr3();
    guest_trampoline_cr4 = read_cr4();
    guest_trampoline_stack = stack_top;
    guest_trampoline_index = index;
    __builtin_memcpy((void *)(uintptr_t)SORTIE_AP_TRAMPOLINE_GPA, guest_trampoline_begin,
                     (size_t)(guest_trampoline_end - guest_trampoline_begin));
}
