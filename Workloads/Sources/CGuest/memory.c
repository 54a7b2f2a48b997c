/* The functions that compilers call without being asked. Embedded Swift names the allocator even where nothing
 * allocates; a guest that does allocate stops with an invalid-opcode exception, which names the place. */
#include <stddef.h>
#include <stdint.h>

void *memset(void *destination, int value, size_t count) {
    void *const result = destination;
    __asm__ volatile("rep stosb" : "+D"(destination), "+c"(count) : "a"(value) : "memory");
    return result;
}

void *memcpy(void *restrict destination, const void *restrict source, size_t count) {
    void *const result = destination;
    __asm__ volatile("rep movsb" : "+D"(destination), "+S"(source), "+c"(count) : : "memory");
    return result;
}

void *memmove(void *destination, const void *source, size_t count) {
    if ((uintptr_t)destination - (uintptr_t)source >= count)
        return memcpy(destination, source, count);
    /* The areas overlap with the source below: copy from the end. */
    void *last = (uint8_t *)destination + count - 1;
    const void *from = (const uint8_t *)source + count - 1;
    __asm__ volatile("std; rep movsb; cld" : "+D"(last), "+S"(from), "+c"(count) : : "memory");
    return destination;
}

void free(void *pointer) {
    (void)pointer;
    __builtin_trap();
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    (void)result;
    (void)alignment;
    (void)size;
    __builtin_trap();
}
