#ifndef SORTIE_CLINUXKVM_H
#define SORTIE_CLINUXKVM_H

#if !defined(__x86_64__) || !defined(__linux__)
#error "CLinuxKVM mirrors the x86-64 layout of the KVM interface: build on x86-64 Linux"
#endif

#include <linux/kvm.h>

#include "gnu_calls.h"
#include "hypervisor.h"
#include "kvm_clock.h"
#include "kvm_ioctl.h"
#include "kvm_layout.h"
#include "kvm_newer.h"
#include "kvm_requests.h"
#include "kvm_thread.h"
#include "shared_memory.h"
#include "stop_signals.h"
#include "tracefs.h"

#endif
