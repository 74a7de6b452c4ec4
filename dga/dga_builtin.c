/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/dga_builtin.h"

/* The assembler reads the file: no tool has to write it as C first. DGA_BUILTIN_FILE comes from CMakeLists.txt. */
__asm__(".section .rodata\n"
	".balign 64\n"
	".global dga_builtin_begin\n"
	"dga_builtin_begin:\n"
	".incbin \"" DGA_BUILTIN_FILE "\"\n"
	".global dga_builtin_end\n"
	"dga_builtin_end:\n"
	".byte 0\n"
	".previous\n");

extern const uint8_t dga_builtin_begin[] __attribute__((visibility("hidden")));
extern const uint8_t dga_builtin_end[] __attribute__((visibility("hidden")));

const uint8_t *dga_builtin(size_t *len)
{
	*len = (size_t)((uintptr_t)dga_builtin_end - (uintptr_t)dga_builtin_begin);
	return dga_builtin_begin;
}
