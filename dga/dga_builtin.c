/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/dga_builtin.h"

#include <stdbool.h>

/* The assembler reads the files: no tool has to write them as C first. CMakeLists.txt says where they are. */
#define BUILTIN(name, file) \
	__asm__(".section .rodata\n" \
		".balign 64\n" \
		".global dga_builtin_" name "_begin\n" \
		"dga_builtin_" name "_begin:\n" \
		".incbin \"" file "\"\n" \
		".global dga_builtin_" name "_end\n" \
		"dga_builtin_" name "_end:\n" \
		".byte 0\n" \
		".previous\n")

BUILTIN("model", DGA_BUILTIN_MODEL_FILE);
BUILTIN("popular", DGA_BUILTIN_POPULAR_FILE);

#define HIDDEN __attribute__((visibility("hidden")))
extern const uint8_t dga_builtin_model_begin[] HIDDEN, dga_builtin_model_end[] HIDDEN;
extern const uint8_t dga_builtin_popular_begin[] HIDDEN, dga_builtin_popular_end[] HIDDEN;

const uint8_t *dga_builtin(enum dga_builtin which, size_t *len)
{
	bool is_model = which == DGA_BUILTIN_MODEL;
	const uint8_t *begin = is_model ? dga_builtin_model_begin : dga_builtin_popular_begin;
	const uint8_t *end = is_model ? dga_builtin_model_end : dga_builtin_popular_end;
	*len = (size_t)((uintptr_t)end - (uintptr_t)begin);
	return begin;
}
