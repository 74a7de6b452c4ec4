/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "web/client.h"

#define DEFAULT_FILE "/etc/cenote/cenote.yaml"

enum { TIMEOUT_S = 30 };

int cli_fail(int status, const char *format, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	fprintf(stderr, "cenote: %s\n", text);
	return status;
}

const char *cli_config_file(const struct cli *c)
{
	if (c->file)
		return c->file;
	return access(DEFAULT_FILE, F_OK) == 0 ? DEFAULT_FILE : NULL;
}

int cli_load(const struct cli *c, struct config **out)
{
	struct err why = {0};
	int code = config_load(cli_config_file(c), c->overrides, c->override_count, out, &why);
	return code ? cli_fail(CLI_BAD_CONFIG, "%s", why.text) : 0;
}

/* The detail of a problem, or what there is of it. */
static int refuse(const struct client_reply *reply, struct err *why)
{
	char text[CLI_TEXT_MAX];
	json_t *value = json_loadb(reply->body, reply->len, 0, NULL);
	cli_text(value, "detail", text, sizeof text);
	json_decref(value);
	if (text[0])
		err_set(why, CEN_EREFUSED, "%s", text);
	else
		err_set(why, CEN_EREFUSED, "the daemon answered with status %ld", reply->status);
	return CLI_FAILED;
}

/* Asks the daemon; 0 and its answer of a good status, or the exit status and why. */
static int exchange(const struct cli *c, const char *method, const char *target, const char *body,
	struct client_reply *reply, struct err *why)
{
	struct config *config = NULL;
	if (config_load(cli_config_file(c), c->overrides, c->override_count, &config, why))
		return CLI_BAD_CONFIG;
	int code = client_ask(config->socket, method, target, body, TIMEOUT_S, reply, why);
	config_free(config);
	if (code)
		return code == -ECONNREFUSED || code == -EACCES ? CLI_UNREACHABLE : CLI_FAILED;
	if (reply->status >= 200 && reply->status <= 299)
		return CLI_OK;
	int status = refuse(reply, why);
	client_free(reply);
	return status;
}

int cli_try(const struct cli *c, const char *method, const char *target, const char *body,
	json_t **out, struct err *why)
{
	struct client_reply reply;
	int status = exchange(c, method, target, body, &reply, why);
	if (status)
		return status;
	*out = json_loadb(reply.body, reply.len, 0, NULL);
	client_free(&reply);
	if (!*out)
		err_set(why, CEN_EFORMAT, "the daemon's answer is not JSON");
	return *out ? CLI_OK : CLI_FAILED;
}

int cli_ask(
	const struct cli *c, const char *method, const char *target, const char *body, json_t **out)
{
	struct err why = {0};
	int status = cli_try(c, method, target, body, out, &why);
	return status ? cli_fail(status, "%s", why.text) : CLI_OK;
}

int cli_print_answer(const struct cli *c, const char *method, const char *target, const char *body)
{
	struct client_reply reply;
	struct err why = {0};
	int status = exchange(c, method, target, body, &reply, &why);
	if (status)
		return cli_fail(status, "%s", why.text);
	fwrite(reply.body, 1, reply.len, stdout);
	client_free(&reply);
	return CLI_OK;
}

int cli_print_json(json_t *value)
{
	json_dumpf(value, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(value);
	return CLI_OK;
}

const char *cli_text(const json_t *object, const char *key, char *buffer, size_t size)
{
	const char *text = json_string_value(json_object_get(object, key));
	size_t n = 0;
	for (; text && *text && n + 1 < size; text++) {
		unsigned char c = (unsigned char)*text;
		/* C0, DEL, and the C1 controls, which UTF-8 writes as C2 80 to C2 9F. */
		bool is_control = c < 32 || c == 127;
		if (c == 0xC2 && ((unsigned char)text[1] & 0xE0) == 0x80) {
			is_control = true;
			text++;
		}
		buffer[n++] = is_control ? '?' : (char)c;
	}
	buffer[n] = 0;
	return buffer;
}

uint64_t cli_number(const json_t *object, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(object, key));
}

bool cli_is(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

const char *cli_grouped(uint64_t n, char buffer[static CLI_NUMBER_MAX])
{
	char digits[CLI_NUMBER_MAX];
	size_t len = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, n), at = 0;
	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buffer[at++] = ',';
		buffer[at++] = digits[i];
	}
	buffer[at] = 0;
	return buffer;
}
