/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

int main(void)
{
	puts("cenote " CENOTE_VERSION);
	return 0;
}
