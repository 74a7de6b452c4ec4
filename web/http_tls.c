/* SPDX-License-Identifier: BSD-2-Clause */
#include "web/http_tls.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/whole_file.h"

enum { FILE_MAX_BYTES = 1 << 20 };

static int read_pem(const char *key, const char *path, char **out, struct err *why)
{
	size_t len;
	int code = whole_file_read(path, FILE_MAX_BYTES, out, &len);
	if (!code && !*out)
		code = -ENOENT;
	if (code)
		return err_set(why, code, "%s: %s cannot be read: %s", key, path, err_string(code));
	char *text = realloc(*out, len + 1);
	if (!text)
		return err_set(why, -ENOMEM, "%s: memory is short", key);
	text[len] = 0;
	*out = text;
	return 0;
}

/* Do they belong together, in the library's view? */
static int try_pair(const struct http_tls *t, const char *certificate_file, const char *key_file,
	struct err *why)
{
	gnutls_certificate_credentials_t credentials;
	gnutls_datum_t certificate = {
		.data = (unsigned char *)t->certificate, .size = (unsigned)strlen(t->certificate)};
	gnutls_datum_t key = {.data = (unsigned char *)t->key, .size = (unsigned)strlen(t->key)};
	if (gnutls_certificate_allocate_credentials(&credentials))
		return err_set(why, -ENOMEM, "http.tls: memory is short");
	int fault = gnutls_certificate_set_x509_key_mem(
		credentials, &certificate, &key, GNUTLS_X509_FMT_PEM);
	gnutls_certificate_free_credentials(credentials);
	return fault < 0 ? err_set(why, CEN_EFORMAT, "http.tls: %s and %s: %s", certificate_file,
				   key_file, gnutls_strerror(fault))
			 : 0;
}

int http_tls_load(
	const char *certificate_file, const char *key_file, struct http_tls **out, struct err *why)
{
	struct http_tls *t = calloc(1, sizeof *t);
	if (!t)
		return err_set(why, -ENOMEM, "http.tls: memory is short");
	int code = read_pem("http.tls.certificate", certificate_file, &t->certificate, why);
	if (!code)
		code = read_pem("http.tls.key", key_file, &t->key, why);
	if (!code)
		code = try_pair(t, certificate_file, key_file, why);
	if (code) {
		http_tls_free(t);
		return code;
	}
	*out = t;
	return 0;
}

bool http_tls_equal(const struct http_tls *a, const struct http_tls *b)
{
	return !strcmp(a->certificate, b->certificate) && !strcmp(a->key, b->key);
}

void http_tls_free(struct http_tls *t)
{
	if (!t)
		return;
	if (t->key)
		sodium_memzero(t->key, strlen(t->key));
	free(t->certificate);
	free(t->key);
	free(t);
}
