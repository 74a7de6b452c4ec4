/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/notice/webhook.h"

#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "resolver/evidence/report/report_json.h"
#include "resolver/evidence/report/report_text.h"

enum { ANSWER_MAX = 64 << 10 }; /* of what the server says; it is not kept */

struct webhook {
	char *url, *ca_file; /* `ca_file` NULL: the system's */
	uint32_t timeout_ms;
	notice_find *find;
	void *arg;
	size_t secret_len;
	uint8_t secret[WEBHOOK_SECRET_MAX];
};

/* One try. */
struct call {
	const atomic_bool *is_ending;
	size_t heard; /* octets of the answer */
};

/* --- life ------------------------------------------------------------------------------------- */

/* Its octets, without white space behind them. */
static int read_secret(struct webhook *w, const char *path, struct err *why)
{
	char room[WEBHOOK_SECRET_MAX + 2];
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(room, 1, sizeof room, f) : 0;
	int code = f ? ferror(f) ? -EIO : 0 : -errno;
	if (f)
		fclose(f);
	while (n && (room[n - 1] == '\n' || room[n - 1] == '\r' || room[n - 1] == ' '))
		n--;
	if (code)
		err_set(why, code, "evidence.webhook.secret_file: %s: %s", path, err_string(code));
	else if (n < WEBHOOK_SECRET_MIN || n > WEBHOOK_SECRET_MAX)
		code = err_set(why, CEN_EFORMAT,
			"evidence.webhook.secret_file: %s has %s octets (allowed: %d to %d)", path,
			n < WEBHOOK_SECRET_MIN ? "too few" : "too many", WEBHOOK_SECRET_MIN,
			WEBHOOK_SECRET_MAX);
	else
		memcpy(w->secret, room, w->secret_len = n);
	sodium_memzero(room, sizeof room);
	return code;
}

int webhook_new(const struct config_notices *config, notice_find *find, void *arg,
	struct webhook **out, struct err *why)
{
	struct webhook *w = calloc(1, sizeof *w);
	*out = NULL;
	if (!w)
		return err_set(why, -ENOMEM, "evidence.webhook: memory is short");
	*w = (struct webhook){.url = strdup(config->url),
		.ca_file = config->ca_file ? strdup(config->ca_file) : NULL,
		.timeout_ms = config->timeout_ms,
		.find = find,
		.arg = arg};
	int code = read_secret(w, config->secret_file, why);
	if (!code && (!w->url || !w->ca_file != !config->ca_file))
		code = err_set(why, -ENOMEM, "evidence.webhook: memory is short");
	if (code)
		webhook_free(w);
	else
		*out = w;
	return code;
}

void webhook_free(struct webhook *w)
{
	if (!w)
		return;
	sodium_memzero(w->secret, sizeof w->secret);
	free(w->url);
	free(w->ca_file);
	free(w);
}

/* --- the message ------------------------------------------------------------------------------ */

const char *webhook_sign(const uint8_t *secret, size_t secret_len, uint64_t at_s, const char *body,
	size_t len, char out[static WEBHOOK_SIGNATURE_TEXT])
{
	crypto_auth_hmacsha256_state state;
	uint8_t mac[crypto_auth_hmacsha256_BYTES];
	char head[32], hex[2 * sizeof mac + 1];
	snprintf(head, sizeof head, "%" PRIu64 ".", at_s);
	crypto_auth_hmacsha256_init(&state, secret, secret_len);
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)head, strlen(head));
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)body, len);
	crypto_auth_hmacsha256_final(&state, mac);
	sodium_bin2hex(hex, sizeof hex, mac, sizeof mac);
	sodium_memzero(&state, sizeof state);
	snprintf(out, WEBHOOK_SIGNATURE_TEXT, "t=%" PRIu64 ",v1=%s", at_s, hex);
	return out;
}

/* Owned; NULL when memory is short. */
static char *message(const struct notice *n, const struct evidence_case *c)
{
	static const char *const events[] = {
#define X(symbol, name) [NOTICE_##symbol] = (name),
		NOTICE_EVENTS(X)
#undef X
	};
	char id[20], time[REPORT_TIME_TEXT];
	snprintf(id, sizeof id, "%016" PRIx64, n->id);
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:o}", "id", id, "event", events[n->event],
		"time", report_text_time(n->at_ms, time), "state", cases_state_name(n->state),
		"case", report_case_json(c));
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	return text;
}

/* --- the way there ---------------------------------------------------------------------------- */

static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct call *call = arg;
	(void)bytes;
	call->heard += size * n;
	return call->heard <= ANSWER_MAX ? size * n : 0;
}

static int on_progress(
	void *arg, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now)
{
	const struct call *call = arg;
	(void)total, (void)now, (void)up_total, (void)up_now;
	return atomic_load(call->is_ending);
}

static void set_up(CURL *e, const struct webhook *w, struct call *call, struct curl_slist *headers,
	const char *body, char *words)
{
	curl_easy_setopt(e, CURLOPT_URL, w->url);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L); /* a look-up of the name is not waited for */
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)w->timeout_ms);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "cenote/" CENOTE_VERSION);
	curl_easy_setopt(e, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, words);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(e, CURLOPT_XFERINFODATA, call);
	curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
	if (w->ca_file) {
		curl_easy_setopt(e, CURLOPT_CAINFO, w->ca_file);
		curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	}
}

/* A server that says no to this message, and not to who sends it or to the hour. */
static bool is_final(long status)
{
	switch (status) {
	case 401:
	case 403:
	case 404:
	case 408:
	case 425:
	case 429:
		return false;
	default:
		return status >= 400 && status < 500;
	}
}

/* The status counts, also of an answer that goes on for too long. */
static enum courier_result judge(CURL *e, CURLcode code, const char *words, struct err *why)
{
	long status = 0;
	curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200 && status < 300 && (!code || code == CURLE_WRITE_ERROR))
		return COURIER_DONE;
	if (code && code != CURLE_WRITE_ERROR)
		err_set(why, CEN_ELIB, "%.200s", *words ? words : curl_easy_strerror(code));
	else if (status >= 300 && status < 400)
		err_set(why, CEN_EREFUSED,
			"the server redirects (status %ld), which is not followed", status);
	else
		err_set(why, CEN_EREFUSED, "the server answers with status %ld", status);
	return is_final(status) ? COURIER_NEVER : COURIER_AGAIN;
}

static enum courier_result send_it(
	const struct webhook *w, const char *body, struct call *call, struct err *why)
{
	char words[CURL_ERROR_SIZE] = "", mac[WEBHOOK_SIGNATURE_TEXT], line[128];
	enum courier_result result = COURIER_AGAIN;
	CURL *e = curl_easy_init();
	snprintf(line, sizeof line, "Cenote-Signature: %s",
		webhook_sign(w->secret, w->secret_len, clock_wall_s(), body, strlen(body), mac));
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	struct curl_slist *more = headers ? curl_slist_append(headers, line) : NULL;
	if (e && more) {
		set_up(e, w, call, headers, body, words);
		result = judge(e, curl_easy_perform(e), words, why);
	} else {
		err_set(why, -ENOMEM, "memory is short");
	}
	curl_slist_free_all(headers);
	curl_easy_cleanup(e);
	return result;
}

enum courier_result webhook_carry(
	void *arg, const struct notice *n, const atomic_bool *is_ending, struct err *why)
{
	const struct webhook *w = arg;
	struct call call = {.is_ending = is_ending};
	struct evidence_case *c = malloc(sizeof *c);
	enum courier_result result = COURIER_AGAIN;
	if (c && w->find(w->arg, n->case_id, c)) {
		free(c);
		err_set(why, CEN_ENOTFOUND, "the case is forgotten");
		return COURIER_NEVER;
	}
	char *body = c ? message(n, c) : NULL;
	if (body)
		result = send_it(w, body, &call, why);
	else
		err_set(why, -ENOMEM, "memory is short");
	free(body);
	free(c);
	return result;
}
