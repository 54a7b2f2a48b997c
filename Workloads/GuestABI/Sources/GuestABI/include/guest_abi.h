/* The contract between the machine and a guest: what a guest finds in memory when it is entered.
 *
 * Entry (boot processor), 64-bit long mode:
 *   RDI = guest physical address of `struct sortie_boot_info`, RSI = 0 (vCPU index), RSP = top of a 64 KiB stack,
 *   RIP = the ELF entry point. CR0 = PE|MP|ET|NE|WP|PG, CR4 = PAE|OSFXSR|OSXMMEXCPT, EFER = LME|LMA, IF = 0.
 *   The first 4 GiB are mapped one to one (2 MiB pages, writable, executable); CS = 0x08, SS = DS = ES = 0x10, no IDT.
 * Application processors wait for INIT/SIPI on their local APIC, as on hardware; `ap_trampoline` is a page below
 * 1 MiB that nothing else uses, for the code the SIPI vector names.
 *
 * A guest that knows nothing of this page works as well: it is entered the same way and reports no stamps.
 */
#ifndef SORTIE_GUEST_ABI_H
#define SORTIE_GUEST_ABI_H

#include <stdint.h>

#include "io_plan.h"

/* Guest physical addresses the machine lays out; RAM starts at 0 and ends below SORTIE_MMIO_BASE. */
#define SORTIE_GDT_GPA 0x1000u
#define SORTIE_BOOT_INFO_GPA 0x2000u
#define SORTIE_AP_TRAMPOLINE_GPA 0x8000u
#define SORTIE_PAGE_TABLE_GPA 0x10000u /* PML4, PDPT, four page directories: 6 pages */
#define SORTIE_BOOT_STACK_TOP_GPA 0x90000u
#define SORTIE_IMAGE_MIN_GPA 0x100000u /* an ELF segment may not start below */

/* Memory without RAM behind it: accesses leave the guest. */
#define SORTIE_MMIO_BASE 0xd0000000u
#define SORTIE_MMIO_LATCH_GPA 0xd0000000u     /* emulated register page, two pages long: reads return what was written */
#define SORTIE_MMIO_COALESCED_GPA 0xd0004000u /* page of a coalesced zone: writes are batched by KVM */
#define SORTIE_MMIO_IOEVENTFD_GPA 0xd0006000u /* 4-byte ioeventfd: a write signals an eventfd inside the kernel */

/* Where the base address registers of PCI functions lie, which have addresses as from firmware but are not enabled. There
 * is a PCI bus only where the guest's I/O device is on it (ports 0xcf8 and 0xcfc). */
#define SORTIE_PCI_MEMORY_GPA 0xd1000000u
#define SORTIE_PCI_MEMORY_END_GPA 0xe0000000u
#define SORTIE_PCI_PORTS 0xc000u
#define SORTIE_PCI_PORTS_END 0x10000u
/* Pin p (0 is INTA) of the function in slot s drives this input of the I/O APIC plus (s + p) % 4. */
#define SORTIE_PCI_GSI 16u

/* Ports. */
#define SORTIE_PORT_UART 0x3f8u
#define SORTIE_PORT_DIRTY_LOG 0xdcu  /* where the machine logs dirty pages of cold memory: a 4-byte read takes the log,
                                        which then starts anew, and gives the number of pages in it */
#define SORTIE_PORT_LATCH 0xe0u      /* 4 ports: emulated register in user space */
#define SORTIE_PORT_STRING 0xe4u     /* 4 ports: swallows OUTS, feeds INS */
#define SORTIE_PORT_COALESCED 0xe8u  /* 4 ports: a coalesced PIO zone */
#define SORTIE_PORT_IOEVENTFD 0xecu  /* 4 ports: 4-byte ioeventfd */
#define SORTIE_PORT_IRQ_LINE 0xf0u   /* 4 ports: a write makes an edge on SORTIE_IRQ_LINE_GSI, by user space */
#define SORTIE_PORT_IRQFD 0xf8u      /* 4 ports: 4-byte ioeventfd whose eventfd injects SORTIE_IRQFD_VECTOR, by KVM */
#define SORTIE_PORT_DEBUG_EXIT 0xf4u /* a write of v ends the run with status (v << 1) | 1, as QEMU's isa-debug-exit */

/* Interrupts that writes to the two ports cause: a pin of the I/O APIC that no other device and no PIC has; a message
 * (MSI) for the processor of APIC ID 0. */
#define SORTIE_IRQ_LINE_GSI 20u
#define SORTIE_IRQFD_VECTOR 0x40u

/* The MSR that the machine filters to user space (KVM_CAP_X86_USER_SPACE_MSR): a number no processor defines. */
#define SORTIE_MSR_FILTERED 0x53540000u

#define SORTIE_BOOT_MAGIC 0x0000454954524f53ull /* "SORTIE\0\0", little-endian */
#define SORTIE_BOOT_VERSION 1u
#define SORTIE_MAX_VCPUS 16u
#define SORTIE_PARAMETERS 8u

/* What the guest needs to know of its host. */
enum sortie_host_flags {
    SORTIE_HOST_EMULATES_GUEST_CODE = 1u << 0, /* KVM interprets instructions: never execute VMMCALL */
    SORTIE_HOST_INTEL = 1u << 1,               /* hypercall is VMCALL */
    SORTIE_HOST_AMD = 1u << 2,                 /* hypercall is VMMCALL, unless the host emulates guest code */
};

/* What the guests of this package write to SORTIE_PORT_DEBUG_EXIT (32 bits); the run's status is (value << 1) | 1.
 * A guest of the user's own may write anything. */
enum sortie_exit_value {
    SORTIE_EXIT_SUCCESS = 0,        /* status 1: every iteration was done */
    SORTIE_EXIT_EXCEPTION = 0x20,   /* status 65: an unexpected exception; vector, error code, RIP, CR2 on the UART */
    SORTIE_EXIT_CHECK_FAILED = 0x21, /* status 67: the operation did not do what it should; a sentence on the UART */
    SORTIE_EXIT_UNSUPPORTED = 0x22, /* status 69: the machine lacks what the guest needs; a sentence on the UART */
};

/* One guest span: `lfence; rdtsc` before and after the instruction under study, guest TSC cycles. */
struct sortie_stamp {
    uint64_t g0;
    uint64_t g1;
};

/* A single-producer ring in guest memory; the guest writes `head` and `dropped`, the host `tail`. Indices only grow;
 * entry i lives at i % capacity. `capacity` is a power of two. A full ring drops the stamp and counts it. */
struct sortie_stamp_ring {
    uint64_t head;    /* written by the guest after the entry */
    uint64_t dropped; /* written by the guest */
    uint64_t reserved0[6];
    uint64_t tail; /* written by the host */
    uint64_t reserved1[7];
    struct sortie_stamp entries[];
};

/* Per vCPU. */
struct sortie_vcpu_boot {
    uint64_t ring_gpa;      /* `struct sortie_stamp_ring`, page aligned, prefaulted; 0: none */
    uint64_t ring_capacity; /* entries, a power of two */
    uint64_t stack_top_gpa; /* 64 KiB of stack of its own, 16-byte aligned */
    uint32_t apic_id;
    uint32_t reserved;
};

struct sortie_boot_info {
    uint64_t magic;
    uint32_t version;
    uint32_t size; /* bytes of this structure */
    uint32_t vcpu_count;
    uint32_t host_flags; /* enum sortie_host_flags */
    uint64_t iterations;
    uint64_t parameters[SORTIE_PARAMETERS]; /* meaning per workload, 0 = its default */
    uint64_t memory_bytes;                  /* RAM from address 0 */
    uint64_t tsc_khz;                       /* 0: unknown */
    uint64_t apic_timer_hz;                 /* local APIC bus clock, KVM: 1 GHz */
    uint64_t cold_gpa;                      /* RAM that the host left untouched, page aligned */
    uint64_t cold_bytes;
    /* Disturbances that a regression gate is proved on; 0: none. */
    uint64_t injected_steps;       /* turns of a counted loop in every operation */
    uint64_t injected_port_every;  /* a write to SORTIE_PORT_LATCH more in every so many operations */
    uint64_t injected_cpuid_every; /* a CPUID more in every so many operations */
    uint64_t reserved[5];
    struct sortie_vcpu_boot vcpus[SORTIE_MAX_VCPUS];
    /* Of guests that do I/O; all 0 for others. */
    struct sortie_io_plan io; /* `operations` is `iterations` */
    uint64_t io_gpa;          /* first, 8 bytes for each operation: the guest stores there the checksum over all data read
                                 up to it; then memory for rings and buffers. Page aligned. */
    uint64_t io_bytes;
};

#endif
