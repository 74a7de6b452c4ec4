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
BUILTIN("prose", DGA_BUILTIN_PROSE_FILE);

#define HIDDEN __attribute__((visibility("hidden")))
extern const uint8_t dga_builtin_model_begin[] HIDDEN, dga_builtin_model_end[] HIDDEN;
extern const uint8_t dga_builtin_popular_begin[] HIDDEN, dga_builtin_popular_end[] HIDDEN;
extern const uint8_t dga_builtin_prose_begin[] HIDDEN, dga_builtin_prose_end[] HIDDEN;

const uint8_t *dga_builtin(enum dga_builtin which, size_t *len)
{
	static const uint8_t *const files[][2] = {
		[DGA_BUILTIN_MODEL] = {dga_builtin_model_begin, dga_builtin_model_end},
		[DGA_BUILTIN_POPULAR] = {dga_builtin_popular_begin, dga_builtin_popular_end},
		[DGA_BUILTIN_PROSE] = {dga_builtin_prose_begin, dga_builtin_prose_end},
	};
	*len = (size_t)((uintptr_t)files[which][1] - (uintptr_t)files[which][0]);
	return files[which][0];
}
