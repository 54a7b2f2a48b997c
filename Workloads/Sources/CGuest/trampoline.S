/* From the real mode an application processor starts in to 64-bit long mode (Intel SDM vol. 3, 9.8.5 and 10.8.5).
 * The boot processor fills the parameters and copies all of it to SORTIE_AP_TRAMPOLINE_GPA, which the SIPI vector
 * names: CS base = that page, IP = 0. Nothing here may be position dependent but through `there`. */
#define TRAMPOLINE 0x8000 /* SORTIE_AP_TRAMPOLINE_GPA */
#define there(label) (TRAMPOLINE + label - guest_trampoline_begin)
#define here(label) (label - guest_trampoline_begin)

    .data
    .balign 16
    .globl guest_trampoline_begin
guest_trampoline_begin:
    .code16
    cli
    movw %cs, %ax
    movw %ax, %ds
    lgdtl here(descriptor_table_register)
    movl here(guest_trampoline_cr4), %eax
    movl %eax, %cr4
    movl here(guest_trampoline_cr3), %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx      /* IA32_EFER */
    rdmsr
    orl $0x100, %eax            /* LME */
    wrmsr
    movl $0x80010033, %eax      /* PG, WP, NE, ET, MP, PE */
    movl %eax, %cr0
    ljmpl $0x08, $there(long_mode)

    .code64
long_mode:
    movl $0x10, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movq there(guest_trampoline_stack), %rsp
    movq there(guest_trampoline_index), %rdi
    xorl %ebp, %ebp
    cld
    movq $guest_application_processor, %rax
    call *%rax
1:  cli
    hlt
    jmp 1b

    .balign 8
descriptors:
    .quad 0
    .quad 0x00af9b000000ffff    /* 0x08: 64-bit code */
    .quad 0x00cf93000000ffff    /* 0x10: data */
descriptor_table_register:
    .word 23
    .long there(descriptors)

    .balign 8
    .globl guest_trampoline_cr3, guest_trampoline_cr4, guest_trampoline_stack, guest_trampoline_index
guest_trampoline_cr3:
    .quad 0
guest_trampoline_cr4:
    .quad 0
guest_trampoline_stack:
    .quad 0
guest_trampoline_index:
    .quad 0
    .globl guest_trampoline_end
guest_trampoline_end:

    .section .note.GNU-stack, "", @progbits
