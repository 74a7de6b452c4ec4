/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/families/digest.h"

#include <openssl/evp.h>

bool digest_md5(const void *bytes, size_t len, uint8_t out[static 16])
{
	return EVP_Digest(bytes, len, out, NULL, EVP_md5(), NULL) == 1;
}

bool digest_sha1(const void *bytes, size_t len, uint8_t out[static 20])
{
	return EVP_Digest(bytes, len, out, NULL, EVP_sha1(), NULL) == 1;
}

bool digest_sha256(const void *bytes, size_t len, uint8_t out[static 32])
{
	return EVP_Digest(bytes, len, out, NULL, EVP_sha256(), NULL) == 1;
}
