/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/report/report_digest.h"

#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool report_digest_uuid5(const uint8_t space[static 16], const char *name, uint8_t out[static 16])
{
	uint8_t sha1[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool is_made = c && EVP_DigestInit_ex(c, EVP_sha1(), NULL) == 1 &&
		EVP_DigestUpdate(c, space, 16) == 1 &&
		EVP_DigestUpdate(c, name, strlen(name)) == 1 &&
		EVP_DigestFinal_ex(c, sha1, NULL) == 1;
	EVP_MD_CTX_free(c);
	if (!is_made)
		return false;
	memcpy(out, sha1, 16);
	out[6] = (uint8_t)((out[6] & 0x0f) | 0x50);
	out[8] = (uint8_t)((out[8] & 0x3f) | 0x80);
	return true;
}

json_t *report_digest_sha256(const void *bytes, size_t len)
{
	uint8_t sha256[EVP_MAX_MD_SIZE];
	char text[8 + 2 * 32] = "sha256:";
	if (EVP_Digest(bytes, len, sha256, NULL, EVP_sha256(), NULL) != 1)
		return NULL;
	for (size_t i = 0; i < 32; i++)
		snprintf(text + 7 + 2 * i, 3, "%02x", sha256[i]);
	return json_string(text);
}

json_t *report_digest_base64(const void *bytes, size_t len)
{
	unsigned char *text = len < INT_MAX / 2 ? malloc((len + 2) / 3 * 4 + 1) : NULL;
	if (!text)
		return NULL;
	int n = EVP_EncodeBlock(text, bytes, (int)len);
	json_t *s = json_stringn((const char *)text, (size_t)n);
	free(text);
	return s;
}
