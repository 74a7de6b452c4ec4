/* SPDX-License-Identifier: BSD-2-Clause
 * A signature's file, for a key of minisign and a plain one: nothing that a stranger writes is a signature.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "feeds/fetch/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char minisign[] = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
	static const char plain[] =
		"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
	struct err why;
	int fd = memfd_create("content", MFD_CLOEXEC);
	if (fd < 0 || write(fd, "one.example\n", 12) != 12)
		abort();
	if (!signature_check(fd, minisign, data, size, &why) ||
		!signature_check(fd, plain, data, size, &why))
		abort();
	close(fd);
	return 0;
}
