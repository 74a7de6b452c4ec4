/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/pseudonym.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "resolver/base/wire.h"

_Static_assert(PSEUDONYM_KEY_BYTES == crypto_shorthash_KEYBYTES, "a key of SipHash");

enum { DIGITS = 2 * PSEUDONYM_KEY_BYTES };

/* The key as hexadecimal digits; a line feed may follow. False: it is none. */
static bool parse(const char *text, size_t len, struct pseudonym_key *out)
{
	size_t got = 0;
	if (len == DIGITS + 1 && text[DIGITS] == '\n')
		len--;
	return len == DIGITS &&
		!sodium_hex2bin(out->bytes, sizeof out->bytes, text, len, NULL, &got, NULL) &&
		got == sizeof out->bytes;
}

static int read_key(int fd, const char *path, struct pseudonym_key *out, struct err *why)
{
	char text[DIGITS + 3];
	ssize_t n = read(fd, text, sizeof text);
	if (n < 0)
		return err_set(why, -errno, "%s: %s", path, err_string(-errno));
	if (parse(text, (size_t)n, out))
		return 0;
	return err_set(why, CEN_ECORRUPT,
		"%s: it is no key of %d hexadecimal digits; remove it, and clients get other "
		"pseudonyms",
		path, (int)DIGITS);
}

static bool write_all(int fd, const char *text, size_t len)
{
	return write(fd, text, len) == (ssize_t)len && !fsync(fd);
}

/* Under its own name only when it is whole; who was there before keeps it. */
static int make_key(const char *path, struct err *why)
{
	struct pseudonym_key key;
	char text[DIGITS + 1], *fresh;
	int code = 0;
	if (asprintf(&fresh, "%s.%ld", path, (long)getpid()) < 0)
		return err_set(why, -ENOMEM, "%s: memory is short", path);
	randombytes_buf(&key, sizeof key);
	sodium_bin2hex(text, sizeof text, key.bytes, sizeof key.bytes);
	text[DIGITS] = '\n';
	(void)unlink(fresh);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || !write_all(fd, text, sizeof text) || (link(fresh, path) && errno != EEXIST))
		code = err_set(why, -errno, "%s: %s", path, err_string(-errno));
	if (fd >= 0)
		close(fd);
	(void)unlink(fresh);
	free(fresh);
	return code;
}

int pseudonym_key_open(const char *state_directory, struct pseudonym_key *out, struct err *why)
{
	char *path;
	if (asprintf(&path, "%s/pseudonym.key", state_directory) < 0)
		return err_set(why, -ENOMEM, "pseudonym.key: memory is short");
	int fd = open(path, O_RDONLY | O_CLOEXEC), code = 0;
	if (fd < 0 && errno == ENOENT) {
		code = make_key(path, why);
		fd = code ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	}
	if (!code)
		code = fd < 0 ? err_set(why, -errno, "%s: %s", path, err_string(-errno))
			      : read_key(fd, path, out, why);
	if (fd >= 0)
		close(fd);
	free(path);
	return code;
}

const char *pseudonym_of(
	const struct pseudonym_key *key, const struct addr *client, char out[static PSEUDONYM_TEXT])
{
	uint8_t hash[crypto_shorthash_BYTES];
	crypto_shorthash(hash, client->bytes, sizeof client->bytes, key->bytes);
	snprintf(out, PSEUDONYM_TEXT, "client-%08x", (unsigned)wire_u32(hash));
	return out;
}
