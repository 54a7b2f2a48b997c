/* Entry of the boot processor: see guest_abi.h for the state it is in. The stack holds no return address yet, so a
 * call leaves it aligned as the System V ABI wants. */
    .section .text.start, "ax", @progbits
    .globl _start
    .type _start, @function
_start:
    cld
    movq %rdi, guest_boot_info_gpa(%rip)
    xorl %ebp, %ebp
    call main
1:  cli
    hlt
    jmp 1b
    .size _start, . - _start

    .bss
    .balign 8
    .globl guest_boot_info_gpa
guest_boot_info_gpa:
    .quad 0

    .section .note.GNU-stack, "", @progbits
