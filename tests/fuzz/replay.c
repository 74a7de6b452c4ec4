/* SPDX-License-Identifier: BSD-2-Clause
 * Runs a fuzz target over every file of a corpus folder, without libFuzzer: `replay_x FOLDER`. Fails when the
 * folder is missing or empty.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static int replay_file(const char *folder, const char *name)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = fopen(path, "rb");
	if (!f)
		return -1;
	size_t max = 4 << 20;
	uint8_t *buffer = malloc(max);
	size_t n = buffer ? fread(buffer, 1, max, f) : 0;
	fclose(f);
	/* An exact-size copy, so that ASan sees a read past the end. */
	uint8_t *exact = malloc(n ? n : 1);
	if (!buffer || !exact)
		abort();
	for (size_t i = 0; i < n; i++)
		exact[i] = buffer[i];
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	free(buffer);
	return 0;
}

int main(int argc, char **argv)
{
	DIR *d = argc == 2 ? opendir(argv[1]) : NULL;
	if (!d) {
		fprintf(stderr, "replay: no corpus folder\n");
		return 1;
	}
	int files = 0, failed = 0;
	for (struct dirent *e; (e = readdir(d));) {
		if (e->d_name[0] == '.')
			continue;
		files++;
		failed += replay_file(argv[1], e->d_name) != 0;
	}
	closedir(d);
	printf("replayed %d inputs\n", files);
	return files && !failed ? 0 : 1;
}
