/*
 * Request codes as typed constants: Swift does not import the _IO macros. KVM_RUN stands in kvm_ioctl.h.
 */
#ifndef SORTIE_KVM_REQUESTS_H
#define SORTIE_KVM_REQUESTS_H

#include <linux/kvm.h>

static const unsigned long SORTIE_KVM_GET_API_VERSION = KVM_GET_API_VERSION;
static const unsigned long SORTIE_KVM_CREATE_VM = KVM_CREATE_VM;
static const unsigned long SORTIE_KVM_GET_MSR_INDEX_LIST = KVM_GET_MSR_INDEX_LIST;
static const unsigned long SORTIE_KVM_CHECK_EXTENSION = KVM_CHECK_EXTENSION;
static const unsigned long SORTIE_KVM_GET_VCPU_MMAP_SIZE = KVM_GET_VCPU_MMAP_SIZE;
static const unsigned long SORTIE_KVM_GET_SUPPORTED_CPUID = KVM_GET_SUPPORTED_CPUID;
static const unsigned long SORTIE_KVM_CREATE_VCPU = KVM_CREATE_VCPU;
static const unsigned long SORTIE_KVM_GET_DIRTY_LOG = KVM_GET_DIRTY_LOG;
static const unsigned long SORTIE_KVM_SET_USER_MEMORY_REGION = KVM_SET_USER_MEMORY_REGION;
static const unsigned long SORTIE_KVM_SET_TSS_ADDR = KVM_SET_TSS_ADDR;
static const unsigned long SORTIE_KVM_SET_IDENTITY_MAP_ADDR = KVM_SET_IDENTITY_MAP_ADDR;
static const unsigned long SORTIE_KVM_CREATE_IRQCHIP = KVM_CREATE_IRQCHIP;
static const unsigned long SORTIE_KVM_IRQ_LINE = KVM_IRQ_LINE;
static const unsigned long SORTIE_KVM_REGISTER_COALESCED_MMIO = KVM_REGISTER_COALESCED_MMIO;
static const unsigned long SORTIE_KVM_UNREGISTER_COALESCED_MMIO = KVM_UNREGISTER_COALESCED_MMIO;
static const unsigned long SORTIE_KVM_SET_GSI_ROUTING = KVM_SET_GSI_ROUTING;
static const unsigned long SORTIE_KVM_IRQFD = KVM_IRQFD;
static const unsigned long SORTIE_KVM_CREATE_PIT2 = KVM_CREATE_PIT2;
static const unsigned long SORTIE_KVM_IOEVENTFD = KVM_IOEVENTFD;
static const unsigned long SORTIE_KVM_SET_CLOCK = KVM_SET_CLOCK;
static const unsigned long SORTIE_KVM_GET_CLOCK = KVM_GET_CLOCK;
static const unsigned long SORTIE_KVM_GET_REGS = KVM_GET_REGS;
static const unsigned long SORTIE_KVM_SET_REGS = KVM_SET_REGS;
static const unsigned long SORTIE_KVM_GET_SREGS = KVM_GET_SREGS;
static const unsigned long SORTIE_KVM_SET_SREGS = KVM_SET_SREGS;
static const unsigned long SORTIE_KVM_TRANSLATE = KVM_TRANSLATE;
static const unsigned long SORTIE_KVM_INTERRUPT = KVM_INTERRUPT;
static const unsigned long SORTIE_KVM_GET_MSRS = KVM_GET_MSRS;
static const unsigned long SORTIE_KVM_SET_MSRS = KVM_SET_MSRS;
static const unsigned long SORTIE_KVM_GET_FPU = KVM_GET_FPU;
static const unsigned long SORTIE_KVM_SET_FPU = KVM_SET_FPU;
static const unsigned long SORTIE_KVM_GET_LAPIC = KVM_GET_LAPIC;
static const unsigned long SORTIE_KVM_SET_LAPIC = KVM_SET_LAPIC;
static const unsigned long SORTIE_KVM_SET_CPUID2 = KVM_SET_CPUID2;
static const unsigned long SORTIE_KVM_GET_MP_STATE = KVM_GET_MP_STATE;
static const unsigned long SORTIE_KVM_SET_MP_STATE = KVM_SET_MP_STATE;
static const unsigned long SORTIE_KVM_NMI = KVM_NMI;
static const unsigned long SORTIE_KVM_GET_VCPU_EVENTS = KVM_GET_VCPU_EVENTS;
static const unsigned long SORTIE_KVM_SET_VCPU_EVENTS = KVM_SET_VCPU_EVENTS;
static const unsigned long SORTIE_KVM_GET_DEBUGREGS = KVM_GET_DEBUGREGS;
static const unsigned long SORTIE_KVM_SET_DEBUGREGS = KVM_SET_DEBUGREGS;
static const unsigned long SORTIE_KVM_ENABLE_CAP = KVM_ENABLE_CAP;
static const unsigned long SORTIE_KVM_GET_XCRS = KVM_GET_XCRS;
static const unsigned long SORTIE_KVM_SET_XCRS = KVM_SET_XCRS;
static const unsigned long SORTIE_KVM_SIGNAL_MSI = KVM_SIGNAL_MSI;
static const unsigned long SORTIE_KVM_SET_TSC_KHZ = KVM_SET_TSC_KHZ;
static const unsigned long SORTIE_KVM_GET_TSC_KHZ = KVM_GET_TSC_KHZ;
static const unsigned long SORTIE_KVM_SET_DEVICE_ATTR = KVM_SET_DEVICE_ATTR;
static const unsigned long SORTIE_KVM_GET_DEVICE_ATTR = KVM_GET_DEVICE_ATTR;
static const unsigned long SORTIE_KVM_HAS_DEVICE_ATTR = KVM_HAS_DEVICE_ATTR;
static const unsigned long SORTIE_KVM_X86_SET_MSR_FILTER = KVM_X86_SET_MSR_FILTER;
static const unsigned long SORTIE_KVM_GET_STATS_FD = KVM_GET_STATS_FD;

#endif
