/* SPDX-License-Identifier: BSD-2-Clause */
#include "web/response.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "resolver/base/check.h"

static const char out_of_memory[] =
	"{\"type\":\"about:blank\",\"title\":\"Internal Server Error\",\"status\":500,"
	"\"detail\":\"memory is short\"}\n";

/* Headers that are there stay. */
static void set(struct edge_response *r, unsigned status, const char *type, char *body, size_t len)
{
	r->status = status;
	r->type = type;
	r->body = body;
	r->fixed = NULL;
	r->len = len;
	r->etag = NULL;
}

static void put(struct edge_response *r, unsigned status, const char *type, json_t *value)
{
	size_t size = 0;
	char *text = NULL;
	FILE *f = value ? open_memstream(&text, &size) : NULL;
	bool is_written = false;
	if (f) {
		is_written = json_dumpf(value, f, JSON_INDENT(1)) == 0;
		is_written &= fputc('\n', f) != EOF;
		is_written &= fclose(f) == 0;
	}
	json_decref(value);
	if (!is_written) {
		free(text);
		set(r, 500, "application/problem+json", NULL, sizeof out_of_memory - 1);
		r->fixed = out_of_memory;
		return;
	}
	set(r, status, type, text, size);
}

void response_header(struct edge_response *r, const char *name, const char *format, ...)
{
	if (!CHECK(r->header_count < EDGE_HEADERS_MAX))
		return;
	va_list ap;
	va_start(ap, format);
	vsnprintf(r->headers[r->header_count].value, sizeof r->headers->value, format, ap);
	va_end(ap);
	r->headers[r->header_count++].name = name;
}

void response_json(struct edge_response *r, unsigned status, json_t *value)
{
	put(r, status, "application/json", value);
}

static const char *title(unsigned status)
{
	switch (status) {
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthorized";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 409:
		return "Conflict";
	case 412:
		return "Precondition Failed";
	case 413:
		return "Content Too Large";
	case 415:
		return "Unsupported Media Type";
	case 421:
		return "Misdirected Request";
	case 422:
		return "Unprocessable Content";
	case 428:
		return "Precondition Required";
	case 429:
		return "Too Many Requests";
	case 431:
		return "Request Header Fields Too Large";
	case 503:
		return "Service Unavailable";
	default:
		return "Internal Server Error";
	}
}

void response_problem(struct edge_response *r, unsigned status, const char *format, ...)
{
	char detail[1024];
	va_list ap;
	va_start(ap, format);
	vsnprintf(detail, sizeof detail, format, ap);
	va_end(ap);
	put(r, status, "application/problem+json",
		json_pack("{s:s, s:s, s:i, s:o}", "type", "about:blank", "title", title(status),
			"status", (int)status, "detail", response_text(detail)));
}

void response_failure(struct edge_response *r, int code, const struct err *why)
{
	unsigned status = 500;
	switch (code) {
	case CEN_EFORMAT:
	case CEN_ERANGE:
		status = 422;
		break;
	case CEN_ENOTFOUND:
	case -ENOENT:
		status = 404;
		break;
	case CEN_ESTALE:
		status = 412;
		break;
	case CEN_EREFUSED:
	case CEN_ELIMIT:
	case CEN_ELOCKED:
	case -EEXIST:
		status = 409;
		break;
	default:
		break;
	}
	response_problem(r, status, "%s", why->text[0] ? why->text : err_string(code));
}

json_t *response_text(const char *text)
{
	static const char replacement[3] = {'\xEF', '\xBF', '\xBD'};
	json_t *s = json_string(text);
	if (s)
		return s;
	size_t len = strlen(text);
	char *clean = malloc(3 * len + 1);
	if (!clean)
		return NULL;
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < 0x80) {
			clean[n++] = text[i];
		} else {
			memcpy(clean + n, replacement, sizeof replacement);
			n += sizeof replacement;
		}
	}
	s = json_stringn(clean, n);
	free(clean);
	return s;
}

json_t *response_time(uint64_t wall_s)
{
	return wall_s ? response_moment(wall_s) : json_null();
}

json_t *response_moment(uint64_t wall_s)
{
	char text[40];
	time_t t = (time_t)wall_s;
	struct tm tm;
	gmtime_r(&t, &tm);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

json_t *response_number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

/* Is the key one of them, with a value of its kind? */
static bool is_among(const char *key, const json_t *value, const char *const *keys)
{
	for (; *keys; keys++) {
		bool is_number = **keys == '#';
		if (!strcmp(key, *keys + is_number))
			return is_number ? json_is_integer(value) : json_is_string(value);
	}
	return false;
}

json_t *response_body(
	const struct edge_request *q, const char *const *keys, struct edge_response *r)
{
	if (!q->body_len)
		return json_object();
	json_error_t e;
	json_t *body = json_loadb(q->body, q->body_len, JSON_REJECT_DUPLICATES, &e);
	if (!json_is_object(body)) {
		response_problem(r, 400, "the body is not a JSON object: %s",
			body ? "another kind of value" : e.text);
		json_decref(body);
		return NULL;
	}
	const char *key;
	json_t *value;
	json_object_foreach(body, key, value)
	{
		if (!is_among(key, value, keys)) {
			response_problem(r, 400,
				"\"%.64s\" is not expected here, or of the wrong kind", key);
			json_decref(body);
			return NULL;
		}
	}
	return body;
}
