/* SPDX-License-Identifier: BSD-2-Clause */
#include "web/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t keep(char *bytes, size_t size, size_t n, void *arg)
{
	struct client_reply *r = arg;
	size_t len = size * n;
	if (len > CLIENT_REPLY_MAX - r->len)
		return 0;
	char *body = realloc(r->body, r->len + len + 1);
	if (!body)
		return 0;
	memcpy(body + r->len, bytes, len);
	r->body = body;
	r->len += len;
	r->body[r->len] = 0;
	return len;
}

static int explain_failure(CURL *c, CURLcode code, const char *socket, struct err *why)
{
	long os = 0;
	curl_easy_getinfo(c, CURLINFO_OS_ERRNO, &os);
	if (code == CURLE_COULDNT_CONNECT && os == EACCES)
		return err_set(why, -EACCES,
			"this user may not use the control socket %s: run as root or as a member "
			"of its "
			"group",
			socket);
	if (code == CURLE_COULDNT_CONNECT)
		return err_set(why, -ECONNREFUSED,
			"no daemon answers at %s (%s): start it with `cenote run`, or name its "
			"configuration with -c FILE",
			socket, os ? strerror((int)os) : "not reachable");
	return err_set(why, CEN_ELIB, "the daemon at %s did not answer as expected: %s", socket,
		curl_easy_strerror(code));
}

int client_ask(const char *socket, const char *method, const char *target, const char *body,
	unsigned timeout_s, struct client_reply *out, struct err *why)
{
	char url[8192];
	int n = snprintf(url, sizeof url, "http://localhost%s", target);
	if (n < 0 || (size_t)n >= sizeof url)
		return err_set(why, CEN_ERANGE, "the request is too long");
	*out = (struct client_reply){0};
	CURL *c = curl_easy_init();
	if (!c)
		return err_set(why, CEN_ELIB, "libcurl did not start");
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, socket);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, 5L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)timeout_s);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, out);
	if (body) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, body);
		curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	}
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
	CURLcode done = curl_easy_perform(c);
	int code = done ? explain_failure(c, done, socket, why) : 0;
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &out->status);
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
	if (!code && !out->body)
		code = keep("", 1, 0, out) == 0 && out->body ? 0 : -ENOMEM;
	if (code)
		client_free(out);
	return code;
}

void client_free(struct client_reply *r)
{
	free(r->body);
	*r = (struct client_reply){0};
}

bool client_add_param(char *target, size_t size, const char *name, const char *value)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t at = strlen(target);
	int n = snprintf(target + at, size - at, "%c%s=", strchr(target, '?') ? '&' : '?', name);
	if (n < 0 || (size_t)n >= size - at)
		return false;
	at += (size_t)n;
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;
		bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			(c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';
		if (at + 4 > size)
			return false;
		if (is_plain) {
			target[at++] = (char)c;
		} else {
			target[at++] = '%';
			target[at++] = hex[c >> 4];
			target[at++] = hex[c & 15];
		}
	}
	target[at] = 0;
	return true;
}
