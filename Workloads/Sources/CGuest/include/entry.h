/* What the assembly of this target shares with Swift, as functions: the variables behind them are changed by the
 * processor or by another vCPU. */
#ifndef SORTIE_GUEST_ENTRY_H
#define SORTIE_GUEST_ENTRY_H

#include "guest_abi.h"
#include "instructions.h"

/* RDI of the boot processor at entry. */
GUEST_INLINE struct sortie_boot_info *guest_boot_info(void) {
    extern struct sortie_boot_info *guest_boot_info_gpa;
    return guest_boot_info_gpa;
}

/* A gate of the interrupt descriptor table (Intel SDM vol. 3, figure 6-8). */
struct interrupt_gate {
    uint16_t offset_low;
    uint16_t selector;
    uint8_t stack_table;
    uint8_t type;
    uint16_t offset_middle;
    uint32_t offset_high;
    uint32_t reserved;
};

/* The table of 256 gates, one for all vCPUs. */
GUEST_INLINE struct interrupt_gate *guest_interrupt_gates(void) {
    extern struct interrupt_gate guest_interrupt_table[256];
    return guest_interrupt_table;
}

/* The stub of an exception, vector below 32; each ends in `guest_exception`, which does not return. */
GUEST_INLINE uint64_t guest_exception_stub(unsigned vector) {
    extern const uint64_t guest_exception_stubs[32];
    return guest_exception_stubs[vector];
}

/* Interrupt handlers that signal the end of interrupt, count and return: the fewest instructions that do. They
 * serve one vCPU of a run, so the counter needs no lock. `unended` leaves the end to whoever waits for the count;
 * `nmi` has none; `spurious` does not even count. */
void guest_interrupt_x2apic(void);
void guest_interrupt_xapic(void);
void guest_interrupt_unended(void);
void guest_interrupt_nmi(void);
void guest_interrupt_spurious(void);

/* Interrupts counted by the handlers. */
GUEST_INLINE uint64_t guest_interrupt_count(void) {
    extern volatile uint64_t guest_interrupts;
    return guest_interrupts;
}

/* The handler of a UD2, of fewest instructions: it counts, and returns behind the two bytes of the instruction. */
void guest_invalid_opcode(void);

/* Exceptions taken by it. */
GUEST_INLINE uint64_t guest_invalid_opcode_count(void) {
    extern volatile uint64_t guest_invalid_opcodes;
    return guest_invalid_opcodes;
}

/* Two pages in a row of the guest's own, page aligned. */
GUEST_INLINE uint8_t *guest_two_pages(void) {
    extern uint8_t guest_pages[2 * 4096];
    return guest_pages;
}

/* `sti; hlt` as one unit: an interrupt taken before the HLT skips it, so the wake-up cannot be lost. Interrupts are
 * off again when it returns. */
void guest_enable_and_halt(void);

/* HLT until `guest_interrupt_nmi` has counted `count` interrupts; returns at once where it has. */
void guest_halt_for_nmi(uint64_t count);

/* Copies the code that the SIPI vector names to SORTIE_AP_TRAMPOLINE_GPA; the processor arrives in
 * `guest_application_processor` with this index and stack, and with the tables of the caller. */
void guest_prepare_trampoline(uint64_t index, uint64_t stack_top);

#endif
