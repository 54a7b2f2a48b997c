# The guest of the run loop's benchmark: `out %eax, $0xe0` as often as the boot-info page says (its iterations stand at
# byte 24 of struct sortie_boot_info, guest_abi.h), then the debug exit. RDI holds the page's address.
        .globl _start
_start:
        mov     24(%rdi), %rcx
1:      out     %eax, $0xe0
        dec     %rcx
        jnz     1b
        xor     %eax, %eax
        out     %eax, $0xf4
        hlt
