/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/config_value_list.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "resolver/base/err.h"

enum { DIGEST_DIGITS = 64, MINISIGN_DIGITS = 56 };

static int put_text(const char *text, void *to, const char **fault)
{
	char *copy = strdup(text);
	if (!copy) {
		*fault = "does not fit: memory is short";
		return -ENOMEM;
	}
	*(char **)to = copy;
	return 0;
}

/* Exactly 64 hexadecimal digits into `to`, in lower case. */
static bool copy_hex(const char *text, char to[static DIGEST_DIGITS + 1])
{
	size_t n = 0;
	for (; n < DIGEST_DIGITS && isxdigit((unsigned char)text[n]); n++)
		to[n] = (char)tolower((unsigned char)text[n]);
	to[n] = 0;
	return n == DIGEST_DIGITS && !text[n];
}

int config_value_read_sha256(
	const struct config_row *row, const char *text, void *to, const char **fault)
{
	(void)row;
	char digits[DIGEST_DIGITS + 1];
	*fault = "is not a SHA-256 digest";
	return copy_hex(text, digits) ? put_text(digits, to, fault) : CEN_EFORMAT;
}

/* minisign's begins with the algorithm, `Ed`: RW in base64. */
int config_value_read_key(
	const struct config_row *row, const char *text, void *to, const char **fault)
{
	(void)row;
	char digits[DIGEST_DIGITS + 1];
	*fault = "is not a public key";
	if (copy_hex(text, digits))
		return put_text(digits, to, fault);
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
	bool is_minisign = n == MINISIGN_DIGITS && !text[n] && !strncmp(text, "RW", 2);
	return is_minisign ? put_text(text, to, fault) : CEN_EFORMAT;
}

/* One or two digits; returns what follows them, or NULL. */
static const char *read_part(const char *text, uint32_t *out)
{
	size_t n = 0;
	*out = 0;
	for (; n < 2 && text[n] >= '0' && text[n] <= '9'; n++)
		*out = *out * 10 + (uint32_t)(text[n] - '0');
	return n ? text + n : NULL;
}

int config_value_read_time(
	const struct config_row *row, const char *text, void *to, const char **fault)
{
	(void)row;
	uint32_t hours, minutes;
	*fault = "is not a time of day";
	const char *rest = read_part(text, &hours);
	if (!rest || *rest != ':' || strlen(rest) != 3)
		return CEN_EFORMAT;
	rest = read_part(rest + 1, &minutes);
	if (!rest || *rest || hours > 23 || minutes > 59)
		return CEN_EFORMAT;
	*(uint32_t *)to = hours * 60 + minutes + 1;
	return 0;
}
