    .text
    .globl guest_invalid_opcode
    .type guest_invalid_opcode, @function
guest_invalid_opcode:
    incq guest_invalid_opcodes(%rip)
    addq $2, (%rsp)     /* over the two bytes of UD2 */
    iretq

    .bss
    .balign 8
    .globl guest_invalid_opcodes
guest_invalid_opcodes:
    .quad 0

    .section .note.GNU-stack, "", @progbits
