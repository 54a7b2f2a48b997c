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

count_and_return:
    incq guest_interrupts(%rip)
    cmpq $halt, (%rsp)
    jne guest_interrupt_spurious
    incq (%rsp)         /* over the one byte of HLT */
    .globl guest_interrupt_spurious
    .type guest_interrupt_spurious, @function
guest_interrupt_spurious:
    iretq

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
