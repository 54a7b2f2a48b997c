/* Interrupt and exception entry. Written for few instructions: a host that emulates guest code takes thousands of
 * cycles for each. */
    .text

/* Exceptions: push a zero where the processor pushes no error code (Intel SDM vol. 3, table 6-1), then the vector. */
    .balign 16
stubs:
    .set vector, 0
    .rept 32
    .balign 16
    .if !((0x60227d00 >> vector) & 1)
    pushq $0
    .endif
    pushq $vector
    jmp exception
    .set vector, vector + 1
    .endr

exception:
    popq %rdi           /* vector */
    popq %rsi           /* error code */
    movq (%rsp), %rdx   /* RIP */
    movq %cr2, %rcx
    andq $-16, %rsp
    call guest_exception
1:  cli
    hlt
    jmp 1b

    .globl guest_interrupt_x2apic
    .type guest_interrupt_x2apic, @function
guest_interrupt_x2apic:
    pushq %rax
    pushq %rcx
    pushq %rdx
    xorl %eax, %eax
    xorl %edx, %edx
    movl $0x80b, %ecx   /* IA32_X2APIC_EOI */
    wrmsr
    popq %rdx
    popq %rcx
    popq %rax
    jmp count_and_return

    .globl guest_interrupt_xapic
    .type guest_interrupt_xapic, @function
guest_interrupt_xapic:
    pushq %rax
    movl $0xfee000b0, %eax
    movl $0, (%rax)
    popq %rax

    .globl guest_interrupt_unended
    .type guest_interrupt_unended, @function
guest_interrupt_unended:
count_and_return:
    incq guest_interrupts(%rip)
    cmpq $halt, (%rsp)
    jne guest_interrupt_spurious
    incq (%rsp)         /* over the one byte of HLT */
    .globl guest_interrupt_spurious
    .type guest_interrupt_spurious, @function
guest_interrupt_spurious:
    iretq

/* A non-maskable interrupt comes whenever it likes. Within the few instructions that look at the count and halt, it
 * returns behind the HLT, or the HLT would wait for one that has been. */
    .globl guest_interrupt_nmi
    .type guest_interrupt_nmi, @function
guest_interrupt_nmi:
    incq guest_interrupts(%rip)
    pushq %rax
    movq 8(%rsp), %rax
    subq $guest_halt_for_nmi, %rax
    cmpq $(nmi_halted - guest_halt_for_nmi), %rax
    jae 1f
    movq $nmi_halted, 8(%rsp)
1:  popq %rax
    iretq

    .globl guest_halt_for_nmi
    .type guest_halt_for_nmi, @function
guest_halt_for_nmi:
    cmpq guest_interrupts(%rip), %rdi
    je nmi_halted
    hlt
nmi_halted:
    ret

    .globl guest_enable_and_halt
    .type guest_enable_and_halt, @function
guest_enable_and_halt:
    sti
halt:
    hlt
    cli
    ret

    .section .rodata
    .balign 8
    .globl guest_exception_stubs
guest_exception_stubs:
    .set vector, 0
    .rept 32
    .quad stubs + 16 * vector
    .set vector, vector + 1
    .endr

    .bss
    .balign 16
    .globl guest_interrupt_table
guest_interrupt_table:
    .skip 256 * 16
    .globl guest_interrupts
guest_interrupts:
    .quad 0

    .section .note.GNU-stack, "", @progbits
