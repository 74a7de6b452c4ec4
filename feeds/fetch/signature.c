/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/fetch/signature.h"

#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	CHUNK = 1 << 16,
	ID_BYTES = 8, /* of a key of minisign */
	HASH_BYTES = 64, /* BLAKE2b-512 */
	COMMENT_MAX = 8192,
};

/* A public key, or a signature, as minisign writes it before base64. */
struct minisign_key {
	char algorithm[2];
	uint8_t id[ID_BYTES];
	uint8_t key[crypto_sign_PUBLICKEYBYTES];
};

struct minisign_signature {
	char algorithm[2]; /* `Ed`: of the content; `ED`: of its hash */
	uint8_t id[ID_BYTES];
	uint8_t bytes[crypto_sign_BYTES];
};

/* The four lines of a file of minisign. */
struct minisign_file {
	struct minisign_signature signature;
	const char *comment; /* the trusted one */
	size_t comment_len;
	uint8_t comment_signature[crypto_sign_BYTES];
};

static int refuse(struct err *why, const char *words)
{
	return err_set(why, CEN_EREFUSED, "refused: %s", words);
}

static int cannot_read(struct err *why)
{
	return err_set(why, -errno, "what was fetched cannot be read back: %s", strerror(errno));
}

static int set_up(struct err *why)
{
	return sodium_init() < 0 ? err_set(why, CEN_ELIB, "libsodium does not start") : 0;
}

/* Feeds the whole file to `add`. */
static int read_through(int fd, void (*add)(void *state, const uint8_t *bytes, size_t len),
	void *state, struct err *why)
{
	uint8_t buffer[CHUNK];
	off_t at = 0;
	for (;;) {
		ssize_t n = pread(fd, buffer, sizeof buffer, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cannot_read(why);
		if (n == 0)
			return 0;
		add(state, buffer, (size_t)n);
		at += n;
	}
}

static void add_sha256(void *state, const uint8_t *bytes, size_t len)
{
	crypto_hash_sha256_update(state, bytes, len);
}

static void add_blake2b(void *state, const uint8_t *bytes, size_t len)
{
	crypto_generichash_update(state, bytes, len);
}

int signature_check_digest(int fd, const char *digest, struct err *why)
{
	crypto_hash_sha256_state state;
	uint8_t hash[crypto_hash_sha256_BYTES];
	char text[2 * sizeof hash + 1];
	int rc = set_up(why);
	if (rc)
		return rc;
	crypto_hash_sha256_init(&state);
	rc = read_through(fd, add_sha256, &state, why);
	if (rc)
		return rc;
	crypto_hash_sha256_final(&state, hash);
	sodium_bin2hex(text, sizeof text, hash, sizeof hash);
	if (!strcmp(text, digest))
		return 0;
	return err_set(why, CEN_EREFUSED,
		"refused: its SHA-256 is %s, and not what `sha256` says, %s", text, digest);
}

/* Ed25519 wants the whole message at once: it is mapped. */
static int verify_content(int fd, const uint8_t *signature, const uint8_t *key, struct err *why)
{
	struct stat st;
	if (fstat(fd, &st))
		return cannot_read(why);
	if ((uint64_t)st.st_size > SIZE_MAX)
		return refuse(why, "it is too large for a signature of its whole content");
	size_t len = (size_t)st.st_size;
	void *content = len ? mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
	if (content == MAP_FAILED)
		return cannot_read(why);
	int rc = crypto_sign_verify_detached(signature, content, len, key);
	if (len)
		munmap(content, len);
	return rc ? refuse(why, "the signature is not of this content") : 0;
}

static int verify_hash(int fd, const uint8_t *signature, const uint8_t *key, struct err *why)
{
	crypto_generichash_state state;
	uint8_t hash[HASH_BYTES];
	crypto_generichash_init(&state, NULL, 0, sizeof hash);
	int rc = read_through(fd, add_blake2b, &state, why);
	if (rc)
		return rc;
	crypto_generichash_final(&state, hash, sizeof hash);
	if (crypto_sign_verify_detached(signature, hash, sizeof hash, key))
		return refuse(why, "the signature is not of this content");
	return 0;
}

/* The next line without its end; `*text` moves behind it. False: there is none. */
static bool next_line(const char **text, const char *end, const char **line, size_t *len)
{
	if (*text >= end)
		return false;
	const char *stop = memchr(*text, '\n', (size_t)(end - *text));
	*line = *text;
	*len = (size_t)((stop ? stop : end) - *text);
	*text = stop ? stop + 1 : end;
	if (*len && (*line)[*len - 1] == '\r')
		--*len;
	return true;
}

static bool from_base64(const char *text, size_t len, void *out, size_t size)
{
	size_t got = 0;
	return !sodium_base642bin(
		       out, size, text, len, NULL, &got, NULL, sodium_base64_VARIANT_ORIGINAL) &&
		got == size;
}

static bool read_file(const char *text, size_t size, struct minisign_file *out)
{
	static const char untrusted[] = "untrusted comment:", trusted[] = "trusted comment: ";
	const char *end = text + size, *line;
	size_t len;
	if (!next_line(&text, end, &line, &len) || len < sizeof untrusted - 1 ||
		memcmp(line, untrusted, sizeof untrusted - 1) != 0)
		return false;
	if (!next_line(&text, end, &line, &len) ||
		!from_base64(line, len, &out->signature, sizeof out->signature))
		return false;
	if (!next_line(&text, end, &line, &len) || len < sizeof trusted - 1 ||
		memcmp(line, trusted, sizeof trusted - 1) != 0)
		return false;
	out->comment = line + sizeof trusted - 1;
	out->comment_len = len - (sizeof trusted - 1);
	return out->comment_len <= COMMENT_MAX && next_line(&text, end, &line, &len) &&
		from_base64(line, len, out->comment_signature, sizeof out->comment_signature);
}

/* The trusted comment is signed together with the signature. */
static int verify_comment(
	const struct minisign_file *f, const struct minisign_key *key, struct err *why)
{
	uint8_t signed_text[crypto_sign_BYTES + COMMENT_MAX];
	memcpy(signed_text, f->signature.bytes, crypto_sign_BYTES);
	memcpy(signed_text + crypto_sign_BYTES, f->comment, f->comment_len);
	if (crypto_sign_verify_detached(f->comment_signature, signed_text,
		    crypto_sign_BYTES + f->comment_len, key->key))
		return refuse(why, "the signature's trusted comment is not what was signed");
	return 0;
}

static int check_minisign(
	int fd, const char *key_text, const void *text, size_t len, struct err *why)
{
	struct minisign_key key;
	struct minisign_file file;
	if (!from_base64(key_text, strlen(key_text), &key, sizeof key) ||
		memcmp(key.algorithm, "Ed", 2) != 0)
		return refuse(why, "`key` is not a public key of minisign");
	if (!read_file(text, len, &file))
		return refuse(why, "its signature is not a file of minisign");
	const char *algorithm = file.signature.algorithm;
	bool is_of_hash = !memcmp(algorithm, "ED", 2);
	if (!is_of_hash && memcmp(algorithm, "Ed", 2) != 0)
		return refuse(why, "its signature is of an unknown kind");
	if (memcmp(file.signature.id, key.id, ID_BYTES) != 0)
		return refuse(why, "it is signed with another key");
	int rc = is_of_hash ? verify_hash(fd, file.signature.bytes, key.key, why)
			    : verify_content(fd, file.signature.bytes, key.key, why);
	return rc ? rc : verify_comment(&file, &key, why);
}

static bool from_hex(const char *text, size_t len, uint8_t *out, size_t size)
{
	size_t got = 0;
	return !sodium_hex2bin(out, size, text, len, NULL, &got, NULL) && got == size;
}

static int check_plain(int fd, const char *key_text, const void *text, size_t len, struct err *why)
{
	uint8_t key[crypto_sign_PUBLICKEYBYTES], signature[crypto_sign_BYTES];
	const char *digits = text;
	if (!from_hex(key_text, strlen(key_text), key, sizeof key))
		return refuse(why, "`key` is not a public key of Ed25519");
	if (len == sizeof signature) {
		memcpy(signature, text, sizeof signature);
		return verify_content(fd, signature, key, why);
	}
	while (len && (digits[len - 1] == '\n' || digits[len - 1] == '\r'))
		len--;
	if (!from_hex(digits, len, signature, sizeof signature))
		return refuse(why, "its signature is neither 64 octets nor 128 hexadecimal digits");
	return verify_content(fd, signature, key, why);
}

int signature_check(int fd, const char *key, const void *text, size_t len, struct err *why)
{
	int rc = set_up(why);
	if (rc)
		return rc;
	return strlen(key) == 2 * (size_t)crypto_sign_PUBLICKEYBYTES
		? check_plain(fd, key, text, len, why)
		: check_minisign(fd, key, text, len, why);
}
