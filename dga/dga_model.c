/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/dga_model.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dga/dga_builtin.h"
#include "dga/features.h"
#include "dga/popularity.h"
#include "resolver/base/hash.h"

static const char magic[8] = {'c', 'e', 'n', 'o', 't', 'e', 'D', 'G'};

enum {
	AT_CHECKSUM = 8,
	AT_VERSION = 16,
	AT_FEATURES = 20,
	AT_BITS = 24,
	AT_UNIT = 28,
	AT_BASE = 32,
	AT_THRESHOLD = 36
};

static uint32_t get_u32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put_u32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static int32_t get_i32(const uint8_t *p)
{
	return (int32_t)get_u32(p); /* two's complement, as gcc and clang promise */
}

static uint64_t checksum(const uint8_t *bytes, size_t len)
{
	return hash_bytes(bytes + AT_VERSION, len - AT_VERSION, 0);
}

static bool is_sane(const struct dga *d)
{
	return d->unit_nano <= DGA_MODEL_UNIT_MAX && d->base_milli >= -DGA_MODEL_MILLI_MAX &&
		d->base_milli <= DGA_MODEL_MILLI_MAX && d->threshold_milli >= 0 &&
		d->threshold_milli <= DGA_MODEL_MILLI_MAX;
}

int dga_model_from_bytes(
	const char *name, const uint8_t *bytes, size_t len, struct dga *out, struct err *why)
{
	if (len < DGA_MODEL_HEADER || memcmp(bytes, magic, sizeof magic) != 0)
		return err_set(why, CEN_ECORRUPT, "%s: not a DGA model", name);
	/* Before the checksum, whose place or kind a newer one may have changed. */
	uint32_t version = get_u32(bytes + AT_VERSION), features = get_u32(bytes + AT_FEATURES);
	if (version != DGA_MODEL_VERSION || features != FEATURES_VERSION)
		return err_set(why, CEN_EVERSION,
			"%s: DGA model of version %u.%u, this cenote reads version %d.%d; train it "
			"again",
			name, version, features, DGA_MODEL_VERSION, FEATURES_VERSION);
	uint64_t sum =
		get_u32(bytes + AT_CHECKSUM) | (uint64_t)get_u32(bytes + AT_CHECKSUM + 4) << 32;
	if (sum != checksum(bytes, len))
		return err_set(why, CEN_ECORRUPT,
			"%s: damaged DGA model (its checksum does not fit its %zu bytes)", name,
			len);
	struct dga d = {
		.weights = (const int8_t *)bytes + DGA_MODEL_HEADER,
		.bits = get_u32(bytes + AT_BITS),
		.unit_nano = get_u32(bytes + AT_UNIT),
		.base_milli = get_i32(bytes + AT_BASE),
		.threshold_milli = get_i32(bytes + AT_THRESHOLD),
	};
	if (d.bits < DGA_MODEL_BITS_MIN || d.bits > DGA_MODEL_BITS_MAX ||
		len != DGA_MODEL_HEADER + ((size_t)1 << d.bits) || !is_sane(&d))
		return err_set(
			why, CEN_ECORRUPT, "%s: DGA model with sizes outside its bounds", name);
	*out = d;
	return 0;
}

void dga_model_seal(const struct dga *d, uint8_t *bytes, size_t len)
{
	memset(bytes, 0, DGA_MODEL_HEADER);
	memcpy(bytes, magic, sizeof magic);
	put_u32(bytes + AT_VERSION, DGA_MODEL_VERSION);
	put_u32(bytes + AT_FEATURES, FEATURES_VERSION);
	put_u32(bytes + AT_BITS, d->bits);
	put_u32(bytes + AT_UNIT, d->unit_nano);
	put_u32(bytes + AT_BASE, (uint32_t)d->base_milli);
	put_u32(bytes + AT_THRESHOLD, (uint32_t)d->threshold_milli);
	uint64_t sum = checksum(bytes, len);
	put_u32(bytes + AT_CHECKSUM, (uint32_t)sum);
	put_u32(bytes + AT_CHECKSUM + 4, (uint32_t)(sum >> 32));
}

/* --- opening --- */

static int map_file(const char *file, struct dga *d, struct err *why)
{
	struct stat st;
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		int e = errno;
		if (fd >= 0)
			close(fd);
		return err_set(why, -e, "%s: %s", file, strerror(e));
	}
	if (!S_ISREG(st.st_mode) || st.st_size < DGA_MODEL_HEADER ||
		st.st_size > DGA_MODEL_BYTES_MAX) {
		close(fd);
		return err_set(why, CEN_ECORRUPT, "%s: not a DGA model (a file of %d to %d bytes)",
			file, DGA_MODEL_HEADER, DGA_MODEL_BYTES_MAX);
	}
	size_t len = (size_t)st.st_size;
	void *mapped = mmap(NULL, len, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	int failed = errno;
	close(fd);
	if (mapped == MAP_FAILED)
		return err_set(why, -failed, "%s: cannot be mapped: %s", file, strerror(failed));
	int e = dga_model_from_bytes(file, mapped, len, d, why);
	if (e) {
		munmap(mapped, len);
		return e;
	}
	d->mapped = mapped;
	d->mapped_bytes = len;
	return 0;
}

int dga_open(const struct dga_options *options, struct dga **out, struct err *why)
{
	const char *file = options->model;
	struct dga *d = calloc(1, sizeof *d);
	if (!d)
		return err_set(why, -ENOMEM, "out of memory while opening the DGA model");
	size_t len;
	const uint8_t *builtin = dga_builtin(DGA_BUILTIN_MODEL, &len);
	int e = file ? map_file(file, d, why)
		     : dga_model_from_bytes("the built-in DGA model", builtin, len, d, why);
	const char *popular = options->popular;
	if (!e && (!popular || popular[0]))
		e = popularity_open(popular, &d->popular, why);
	if (e)
		dga_close(d);
	else
		*out = d;
	return e;
}

void dga_close(struct dga *d)
{
	if (d && d->mapped)
		munmap(d->mapped, d->mapped_bytes);
	if (d)
		popularity_close(d->popular);
	free(d);
}
