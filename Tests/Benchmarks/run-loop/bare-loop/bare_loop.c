#include "bare_loop.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest_abi.h"

enum { ram_bytes = 16 << 20 };

struct vmm {
  int kvm, vm, vcpu;
  uint8_t *ram;
  struct kvm_run *run;
  size_t run_bytes;
};

/* AMD64 Architecture Programmer's Manual, volume 2, sections 4.8 and 5.3: 4 GiB mapped one to one in 2 MiB pages. */
static void write_tables(uint8_t *ram) {
  uint64_t *gdt = (uint64_t *)(ram + SORTIE_GDT_GPA);
  gdt[1] = 0x00af9b000000ffff;
  gdt[2] = 0x00cf93000000ffff;
  uint64_t *tables = (uint64_t *)(ram + SORTIE_PAGE_TABLE_GPA);
  tables[0] = (SORTIE_PAGE_TABLE_GPA + 4096) | 3;
  for (uint64_t directory = 0; directory < 4; directory++) {
    tables[512 + directory] = (SORTIE_PAGE_TABLE_GPA + (2 + directory) * 4096) | 3;
  }
  for (uint64_t page = 0; page < 4 * 512; page++) tables[1024 + page] = page << 21 | 0x83;
}

static int load(uint8_t *ram, const uint8_t *image, size_t length, uint64_t *entry) {
  Elf64_Ehdr header;
  if (length < sizeof header) return ENOEXEC;
  memcpy(&header, image, sizeof header);
  if (memcmp(header.e_ident, ELFMAG, SELFMAG) || header.e_phentsize != sizeof(Elf64_Phdr)) return ENOEXEC;
  for (unsigned index = 0; index < header.e_phnum; index++) {
    Elf64_Phdr segment;
    uint64_t at = header.e_phoff + index * sizeof segment;
    if (at > length || length - at < sizeof segment) return ENOEXEC;
    memcpy(&segment, image + at, sizeof segment);
    if (segment.p_type != PT_LOAD) continue;
    if (segment.p_offset > length || length - segment.p_offset < segment.p_filesz) return ENOEXEC;
    if (segment.p_paddr > ram_bytes || ram_bytes - segment.p_paddr < segment.p_filesz) return ENOEXEC;
    memcpy(ram + segment.p_paddr, image + segment.p_offset, segment.p_filesz);
  }
  *entry = header.e_entry;
  return 0;
}

static int set_registers(int vcpu, uint64_t entry) {
  struct kvm_sregs special;
  if (ioctl(vcpu, KVM_GET_SREGS, &special) < 0) return errno;
  struct kvm_segment code = {.limit = 0xffffffff, .selector = 8, .type = 11, .present = 1, .s = 1, .l = 1, .g = 1};
  struct kvm_segment data = code;
  data.selector = 16;
  data.type = 3;
  data.l = 0;
  data.db = 1;
  special.cs = code;
  special.ss = special.ds = special.es = special.fs = special.gs = data;
  special.gdt = (struct kvm_dtable){.base = SORTIE_GDT_GPA, .limit = 3 * 8 - 1};
  special.idt = (struct kvm_dtable){0};
  special.cr0 = 0x80010033;
  special.cr3 = SORTIE_PAGE_TABLE_GPA;
  special.cr4 = 0x620;
  special.efer = 0x500;
  if (ioctl(vcpu, KVM_SET_SREGS, &special) < 0) return errno;
  struct kvm_regs registers = {
      .rip = entry, .rsp = SORTIE_BOOT_STACK_TOP_GPA, .rdi = SORTIE_BOOT_INFO_GPA, .rflags = 2};
  return ioctl(vcpu, KVM_SET_REGS, &registers) < 0 ? errno : 0;
}

static int set_cpuid(const struct vmm *vmm) {
  enum { entries = 256 };
  static _Alignas(struct kvm_cpuid2) uint8_t bytes[sizeof(struct kvm_cpuid2) + entries * sizeof(struct kvm_cpuid_entry2)];
  struct kvm_cpuid2 *table = (struct kvm_cpuid2 *)bytes;
  table->nent = entries;
  if (ioctl(vmm->kvm, KVM_GET_SUPPORTED_CPUID, table) < 0) return errno;
  return ioctl(vmm->vcpu, KVM_SET_CPUID2, table) < 0 ? errno : 0;
}

static int set_up(struct vmm *vmm, const uint8_t *image, size_t length, uint64_t iterations) {
  if ((vmm->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC)) < 0) return errno;
  if ((vmm->vm = ioctl(vmm->kvm, KVM_CREATE_VM, 0UL)) < 0) return errno;
  struct kvm_pit_config pit = {0};
  if (ioctl(vmm->vm, KVM_CREATE_IRQCHIP, 0UL) < 0 || ioctl(vmm->vm, KVM_CREATE_PIT2, &pit) < 0) return errno;

  vmm->ram = mmap(NULL, ram_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (vmm->ram == MAP_FAILED) return errno;
  struct kvm_userspace_memory_region region = {.memory_size = ram_bytes, .userspace_addr = (uint64_t)vmm->ram};
  if (ioctl(vmm->vm, KVM_SET_USER_MEMORY_REGION, &region) < 0) return errno;
  uint64_t entry;
  int error = load(vmm->ram, image, length, &entry);
  if (error) return error;
  write_tables(vmm->ram);
  struct sortie_boot_info *boot = (struct sortie_boot_info *)(vmm->ram + SORTIE_BOOT_INFO_GPA);
  boot->magic = SORTIE_BOOT_MAGIC;
  boot->version = SORTIE_BOOT_VERSION;
  boot->size = sizeof *boot;
  boot->vcpu_count = 1;
  boot->iterations = iterations;

  if ((vmm->vcpu = ioctl(vmm->vm, KVM_CREATE_VCPU, 0UL)) < 0) return errno;
  int run_bytes = ioctl(vmm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0UL);
  if (run_bytes < 0) return errno;
  vmm->run_bytes = (size_t)run_bytes;
  vmm->run = mmap(NULL, vmm->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vmm->vcpu, 0);
  if (vmm->run == MAP_FAILED) return errno;
  error = set_cpuid(vmm);
  return error ? error : set_registers(vmm->vcpu, entry);
}

static void tear_down(struct vmm *vmm) {
  if (vmm->run != MAP_FAILED) munmap(vmm->run, vmm->run_bytes);
  if (vmm->vcpu >= 0) close(vmm->vcpu);
  if (vmm->vm >= 0) close(vmm->vm);
  if (vmm->kvm >= 0) close(vmm->kvm);
  if (vmm->ram != MAP_FAILED) munmap(vmm->ram, ram_bytes);
}

/* What is measured. */
static long run(struct vmm *vmm, uint64_t stride, uint64_t *cycles, size_t capacity) {
  size_t stored = 0;
  for (;;) {
    if (stored == capacity) return (long)stored;
    cycles[stored++] = __builtin_ia32_rdtsc();
    for (uint64_t left = stride; left; left--) {
      if (ioctl(vmm->vcpu, KVM_RUN, 0UL) < 0) return -errno;
      if (vmm->run->exit_reason != KVM_EXIT_IO) return -EPROTO;
      if (vmm->run->io.port == SORTIE_PORT_DEBUG_EXIT) return (long)stored;
    }
  }
}

long bare_loop(const uint8_t *image, size_t length, uint64_t iterations, uint64_t stride, uint64_t *cycles,
               size_t capacity) {
  struct vmm vmm = {.kvm = -1, .vm = -1, .vcpu = -1, .ram = MAP_FAILED, .run = MAP_FAILED};
  int error = set_up(&vmm, image, length, iterations);
  long result = error ? -error : run(&vmm, stride, cycles, capacity);
  tear_down(&vmm);
  return result;
}
