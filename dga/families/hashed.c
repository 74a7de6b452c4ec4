/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/families/hashed.h"

#include <string.h>

#include "dga/families/digest.h"

static bool is_offered(struct family_run *r, bool is_done)
{
	if (!is_done)
		family_wrong(r, "a hash of OpenSSL, which this machine forbids");
	return is_done;
}

static void hex_put(const uint8_t *bytes, size_t length, char *out)
{
	for (size_t i = 0; i < length; i++) {
		*out++ = "0123456789abcdef"[bytes[i] >> 4];
		*out++ = "0123456789abcdef"[bytes[i] & 15];
	}
	*out = 0;
}

bool hashed_md5(struct family_run *r, const void *bytes, size_t len, uint8_t out[static HASHED_MD5])
{
	uint8_t hash[HASHED_MD5] = {0};
	bool is_done = digest_md5(bytes, len, hash);
	memcpy(out, hash, sizeof hash);
	return is_offered(r, is_done);
}

bool hashed_sha1(
	struct family_run *r, const void *bytes, size_t len, uint8_t out[static HASHED_SHA1])
{
	return is_offered(r, digest_sha1(bytes, len, out));
}

bool hashed_md5_hex(struct family_run *r, const char *text, char out[static 2 * HASHED_MD5 + 1])
{
	uint8_t hash[HASHED_MD5];
	bool is_done = hashed_md5(r, text, strlen(text), hash);
	hex_put(hash, sizeof hash, out);
	return is_done;
}

bool hashed_sha256_hex(
	struct family_run *r, const char *text, char out[static 2 * HASHED_SHA256 + 1])
{
	uint8_t hash[HASHED_SHA256] = {0};
	bool is_done = digest_sha256(text, strlen(text), hash);
	hex_put(hash, sizeof hash, out);
	return is_offered(r, is_done);
}
