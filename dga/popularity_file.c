/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/popularity_file.h"

#include <string.h>

#include "dga/label.h"
#include "resolver/base/hash.h"

static const uint8_t magic[8] = {'c', 'e', 'n', 'o', 't', 'e', 'P', 'O'};

enum {
	AT_CHECKSUM = 8,
	AT_VERSION = 16,
	AT_COUNT = 20,
	AT_SEED = 24,
	AT_SEGMENT_BITS = 28,
	AT_STARTS = 32,
	AT_ZEROS = 36,
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

static uint64_t checksum(const uint8_t *bytes, size_t len)
{
	return hash_bytes(bytes + AT_VERSION, len - AT_VERSION, 0);
}

bool popularity_file_is_one(const uint8_t *bytes, size_t len)
{
	return len >= sizeof magic && !memcmp(bytes, magic, sizeof magic);
}

void popularity_file_seal(const struct fuse *f, uint32_t count, uint8_t *bytes, size_t len)
{
	memset(bytes, 0, POPULARITY_HEADER);
	memcpy(bytes, magic, sizeof magic);
	put_u32(bytes + AT_VERSION, POPULARITY_VERSION);
	put_u32(bytes + AT_COUNT, count);
	put_u32(bytes + AT_SEED, f->seed);
	put_u32(bytes + AT_SEGMENT_BITS, f->segment_bits);
	put_u32(bytes + AT_STARTS, f->starts);
	uint64_t sum = checksum(bytes, len);
	put_u32(bytes + AT_CHECKSUM, (uint32_t)sum);
	put_u32(bytes + AT_CHECKSUM + 4, (uint32_t)(sum >> 32));
}

/* Nothing is read past the end whatever else the fields say: the cells that a place can name are those that are there. */
static bool is_sane(const struct fuse *f, uint32_t count, const uint8_t *bytes, size_t len)
{
	static const uint8_t zeros[POPULARITY_HEADER - AT_ZEROS];
	return count && count <= POPULARITY_NAMES_MAX && f->seed < FUSE_TRIES &&
		f->segment_bits <= FUSE_SEGMENT_BITS_MAX && f->starts &&
		f->starts <= FUSE_STARTS_MAX && len - POPULARITY_HEADER == fuse_bytes(f) &&
		fuse_bytes(f) / 2 > count && !memcmp(bytes + AT_ZEROS, zeros, sizeof zeros);
}

int popularity_file_read(const char *name, const uint8_t *bytes, size_t len, struct fuse *f,
	uint32_t *count, struct err *why)
{
	if (len < POPULARITY_HEADER || !popularity_file_is_one(bytes, len))
		return err_set(why, CEN_ECORRUPT, "%s: not a popularity set", name);
	/* Before the checksum, whose place or kind a newer one may have changed. */
	uint32_t version = get_u32(bytes + AT_VERSION);
	if (version != POPULARITY_VERSION)
		return err_set(why, CEN_EVERSION,
			"%s: popularity set of version %u, this cenote reads version %d; make it "
			"again from its list",
			name, version, POPULARITY_VERSION);
	uint64_t sum =
		get_u32(bytes + AT_CHECKSUM) | (uint64_t)get_u32(bytes + AT_CHECKSUM + 4) << 32;
	if (sum != checksum(bytes, len))
		return err_set(why, CEN_ECORRUPT,
			"%s: damaged popularity set (its checksum does not fit its %zu bytes)",
			name, len);
	*count = get_u32(bytes + AT_COUNT);
	*f = (struct fuse){
		.seed = get_u32(bytes + AT_SEED),
		.segment_bits = get_u32(bytes + AT_SEGMENT_BITS),
		.starts = get_u32(bytes + AT_STARTS),
		.cells = bytes + POPULARITY_HEADER,
	};
	if (!is_sane(f, *count, bytes, len))
		return err_set(why, CEN_ECORRUPT,
			"%s: popularity set with sizes outside its bounds", name);
	return 0;
}

uint64_t popularity_file_key(const struct dname *name)
{
	return popularity_file_domain_key(name, label_domain(name));
}

uint64_t popularity_file_domain_key(const struct dname *name, size_t at)
{
	return hash_bytes(name->bytes + at, name->len - at, 0);
}
