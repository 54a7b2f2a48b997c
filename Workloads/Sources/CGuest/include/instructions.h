/* The instructions that Swift has no words for, one inline function each, so that nothing but the instruction stands
 * between two stamps. Every one is a compiler barrier: KVM or another vCPU may have changed memory meanwhile. */
#ifndef SORTIE_GUEST_INSTRUCTIONS_H
#define SORTIE_GUEST_INSTRUCTIONS_H

#include <stddef.h>
#include <stdint.h>

#define GUEST_INLINE static inline __attribute__((always_inline))

/* Time stamp counter, cycles, read after every earlier instruction has finished (Intel SDM vol. 2, RDTSC). */
GUEST_INLINE uint64_t lfence_rdtsc(void) {
    uint32_t low, high;
    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

GUEST_INLINE uint64_t rdtsc(void) {
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

/* `steps` turns of a counted loop, at least one. */
GUEST_INLINE void spin(uint64_t steps) {
    __asm__ volatile("1: dec %0; jnz 1b" : "+r"(steps) : : "cc", "memory");
}

GUEST_INLINE void compiler_barrier(void) { __asm__ volatile("" : : : "memory"); }

/* No load behind it comes before a store in front of it (Intel SDM vol. 3, 9.2.3.8): not by MFENCE, which hosts that
 * emulate guest code may not know. */
GUEST_INLINE void memory_fence(void) { __asm__ volatile("lock orl $0, (%%rsp)" : : : "memory", "cc"); }

/* Ports. */
GUEST_INLINE void outb(uint16_t port, uint8_t value) {
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

GUEST_INLINE void outl(uint16_t port, uint32_t value) {
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

GUEST_INLINE uint8_t inb(uint16_t port) {
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

GUEST_INLINE uint32_t inl(uint16_t port) {
    uint32_t value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

GUEST_INLINE void rep_outsb(uint16_t port, const void *bytes, uint64_t count) {
    __asm__ volatile("rep outsb" : "+S"(bytes), "+c"(count) : "d"(port) : "memory");
}

GUEST_INLINE void rep_insb(uint16_t port, void *bytes, uint64_t count) {
    __asm__ volatile("rep insb" : "+D"(bytes), "+c"(count) : "d"(port) : "memory");
}

GUEST_INLINE void rep_insw(uint16_t port, void *words, uint64_t count) {
    __asm__ volatile("rep insw" : "+D"(words), "+c"(count) : "d"(port) : "memory");
}

GUEST_INLINE void rep_outsw(uint16_t port, const void *words, uint64_t count) {
    __asm__ volatile("rep outsw" : "+S"(words), "+c"(count) : "d"(port) : "memory");
}

/* Memory-mapped registers: one access of exactly this width. */
GUEST_INLINE uint8_t mmio_read8(uint64_t address) {
    uint8_t value;
    __asm__ volatile("movb (%1), %0" : "=q"(value) : "r"(address) : "memory");
    return value;
}

GUEST_INLINE uint16_t mmio_read16(uint64_t address) {
    uint16_t value;
    __asm__ volatile("movw (%1), %0" : "=r"(value) : "r"(address) : "memory");
    return value;
}

GUEST_INLINE uint32_t mmio_read32(uint64_t address) {
    uint32_t value;
    __asm__ volatile("movl (%1), %0" : "=r"(value) : "r"(address) : "memory");
    return value;
}

GUEST_INLINE void mmio_write32(uint64_t address, uint32_t value) {
    __asm__ volatile("movl %0, (%1)" : : "r"(value), "r"(address) : "memory");
}

GUEST_INLINE void mmio_write16(uint64_t address, uint16_t value) {
    __asm__ volatile("movw %0, (%1)" : : "r"(value), "r"(address) : "memory");
}

GUEST_INLINE void mmio_write64(uint64_t address, uint64_t value) {
    __asm__ volatile("movq %0, (%1)" : : "r"(value), "r"(address) : "memory");
}

GUEST_INLINE void mmio_write8(uint64_t address, uint8_t value) {
    __asm__ volatile("movb %0, (%1)" : : "q"(value), "r"(address) : "memory");
}

/* Model-specific registers and CPUID. */
GUEST_INLINE uint64_t rdmsr(uint32_t number) {
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number) : "memory");
    return (uint64_t)high << 32 | low;
}

GUEST_INLINE void wrmsr(uint32_t number, uint64_t value) {
    __asm__ volatile("wrmsr" : : "a"((uint32_t)value), "d"((uint32_t)(value >> 32)), "c"(number) : "memory");
}

struct cpuid_result {
    uint32_t eax, ebx, ecx, edx;
};

GUEST_INLINE struct cpuid_result cpuid(uint32_t leaf, uint32_t subleaf) {
    struct cpuid_result result;
    __asm__ volatile("cpuid"
                     : "=a"(result.eax), "=b"(result.ebx), "=c"(result.ecx), "=d"(result.edx)
                     : "a"(leaf), "c"(subleaf)
                     : "memory");
    return result;
}

/* Interrupts. */
GUEST_INLINE void sti(void) { __asm__ volatile("sti" : : : "memory"); }
GUEST_INLINE void cli(void) { __asm__ volatile("cli" : : : "memory"); }
GUEST_INLINE void hlt(void) { __asm__ volatile("hlt" : : : "memory"); }

struct descriptor_table {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

GUEST_INLINE void lidt(uint64_t base, uint16_t limit) {
    const struct descriptor_table table = {limit, base};
    __asm__ volatile("lidt %0" : : "m"(table) : "memory");
}

/* Control and debug registers, and what the processor caches. */
GUEST_INLINE uint64_t read_cr0(void) {
    uint64_t value;
    __asm__ volatile("movq %%cr0, %0" : "=r"(value) : : "memory");
    return value;
}

GUEST_INLINE void write_cr0(uint64_t value) { __asm__ volatile("movq %0, %%cr0" : : "r"(value) : "memory"); }
GUEST_INLINE void write_cr3(uint64_t value) { __asm__ volatile("movq %0, %%cr3" : : "r"(value) : "memory"); }
GUEST_INLINE void write_cr4(uint64_t value) { __asm__ volatile("movq %0, %%cr4" : : "r"(value) : "memory"); }
GUEST_INLINE void write_dr0(uint64_t value) { __asm__ volatile("movq %0, %%dr0" : : "r"(value) : "memory"); }

GUEST_INLINE void invlpg(uint64_t address) { __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory"); }
GUEST_INLINE void wbinvd(void) { __asm__ volatile("wbinvd" : : : "memory"); }

GUEST_INLINE void xsetbv(uint32_t number, uint64_t value) {
    __asm__ volatile("xsetbv" : : "a"((uint32_t)value), "d"((uint32_t)(value >> 32)), "c"(number) : "memory");
}

GUEST_INLINE uint64_t read_cr3(void) {
    uint64_t value;
    __asm__ volatile("movq %%cr3, %0" : "=r"(value) : : "memory");
    return value;
}

/* The task priority's class, bits 7:4 of the local APIC's TPR (Intel SDM vol. 3, 11.8.6.1). */
GUEST_INLINE void write_cr8(uint64_t value) { __asm__ volatile("movq %0, %%cr8" : : "r"(value) : "memory"); }

GUEST_INLINE uint64_t read_cr4(void) {
    uint64_t value;
    __asm__ volatile("movq %%cr4, %0" : "=r"(value) : : "memory");
    return value;
}

/* `count` times PAUSE, at least one, as a spinning lock executes it. */
GUEST_INLINE void pause_loop(uint64_t count) {
    __asm__ volatile("1: pause; decq %0; jnz 1b" : "+r"(count) : : "memory", "cc");
}

/* Always an invalid opcode (Intel SDM vol. 2, UD). */
GUEST_INLINE void ud2(void) { __asm__ volatile("ud2" : : : "memory"); }

/* Hypercalls in KVM's convention: number in RAX, result in RAX (Documentation/virt/kvm/x86/hypercalls.rst). */
GUEST_INLINE uint64_t vmcall(uint64_t number) {
    __asm__ volatile("vmcall" : "+a"(number) : : "memory");
    return number;
}

GUEST_INLINE uint64_t vmmcall(uint64_t number) {
    __asm__ volatile("vmmcall" : "+a"(number) : : "memory");
    return number;
}

/* The same with two arguments. */
GUEST_INLINE uint64_t vmcall2(uint64_t number, uint64_t first, uint64_t second) {
    __asm__ volatile("vmcall" : "+a"(number) : "b"(first), "c"(second) : "memory");
    return number;
}

GUEST_INLINE uint64_t vmmcall2(uint64_t number, uint64_t first, uint64_t second) {
    __asm__ volatile("vmmcall" : "+a"(number) : "b"(first), "c"(second) : "memory");
    return number;
}

#endif
