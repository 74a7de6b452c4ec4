/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/config.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "resolver/base/config_apply.h"
#include "resolver/base/config_check.h"
#include "resolver/base/config_value.h"

/* A tree that the draft's nodes point into. */
struct tree {
	struct tree *next;
	struct config_yaml *root;
};

static struct config *new_config(void)
{
	return calloc(1, sizeof(struct config));
}

void config_free(struct config *c)
{
	if (!c)
		return;
	const struct config_table *t = config_schema();
	for (size_t i = 0; i < t->count; i++)
		config_value_free(config_table_row(t, i), c);
	free(c->file);
	free(c->cache_directory);
	free(c->socket);
	free(c);
}

static char *join(const char *directory, const char *name)
{
	char *out = NULL;
	return asprintf(&out, "%s%s", directory, name) < 0 ? NULL : out;
}

/* The folder for what is kept when `directory` is not given and we are not root. */
static char *home_state(void)
{
	const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	if (xdg && xdg[0] == '/')
		return join(xdg, "/cenote");
	return home && home[0] == '/' ? join(home, "/.local/state/cenote") : NULL;
}

static int set_directories(struct config_draft *d)
{
	struct config *c = d->config;
	bool is_system = !c->state_directory && geteuid() == 0;
	if (is_system) {
		c->state_directory = strdup("/var/lib/cenote");
		c->cache_directory = strdup("/var/cache/cenote");
		c->socket = strdup("/run/cenote/control.sock");
	} else {
		if (!c->state_directory)
			c->state_directory = home_state();
		if (!c->state_directory)
			return config_apply_fail(d, NULL, "directory", CEN_EFORMAT,
				"is not given, and neither XDG_STATE_HOME nor HOME says where to "
				"write");
		c->cache_directory = join(c->state_directory, "/cache");
		c->socket = join(c->state_directory, "/control.sock");
	}
	if (!c->state_directory || !c->cache_directory || !c->socket)
		return config_apply_fail(d, NULL, "directory", -ENOMEM, "memory is short");
	return 0;
}

static uint32_t core_count(void)
{
	cpu_set_t set;
	long n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set)
							     : sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : n > 256 ? 256 : (uint32_t)n;
}

static uint64_t default_cache_bytes(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	uint64_t memory = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : 0;
	/* The kernel and the graphics of a board with 1 GiB leave less of it. */
	return (uint64_t)(memory >= (uint64_t)800 << 20 ? 64 : 16) << 20;
}

/* The folder of the file, by its real name; without one, the folder of what is kept. */
static int set_feeds_directory(struct config_draft *d, const char *file)
{
	struct config *c = d->config;
	if (c->feeds_directory)
		return 0;
	if (file) {
		const char *end = strrchr(file, '/');
		char *folder = end ? strndup(file, (size_t)(end - file) + 1) : strdup(".");
		c->feeds_directory = folder ? realpath(folder, NULL) : NULL;
		free(folder);
	}
	if (!c->feeds_directory) /* or text that is no file's */
		c->feeds_directory = strdup(c->state_directory);
	return c->feeds_directory ? 0 : config_apply_fail(d, NULL, "", -ENOMEM, "memory is short");
}

/* All is read: fill in what depends on the machine, and check what depends on several keys. */
static int finish(struct config_draft *d, const char *file)
{
	d->is_override = false;
	int rc = set_directories(d);
	if (rc == 0)
		rc = set_feeds_directory(d, file);
	if (rc < 0)
		return rc;
	if (!d->config->workers)
		d->config->workers = core_count();
	if (!d->config->cache_size_bytes)
		d->config->cache_size_bytes = default_cache_bytes();
	rc = config_check(d);
	return rc ? rc : config_calendar_add(d);
}

/* Parses and remembers the tree, so that the draft may point into it. */
static int parse_tree(struct config_draft *d, const char *name, const char *text, size_t len,
	struct tree **trees, struct config_yaml **root)
{
	struct tree *t = malloc(sizeof *t);
	*root = NULL;
	if (!t)
		return err_set(d->why, -ENOMEM, "%s: memory is short", name);
	int rc = config_yaml_parse(name, text, len, root, d->why);
	*t = (struct tree){.next = *trees, .root = *root};
	*trees = t;
	return rc;
}

static int apply_text(struct config_draft *d, const char *text, size_t len, struct tree **trees)
{
	struct config_yaml *root;
	int rc = parse_tree(d, d->file, text, len, trees, &root);
	return rc < 0 ? rc : config_apply_tree(d, root);
}

static int apply_override(struct config_draft *d, const char *text, struct tree **trees)
{
	static const struct config_yaml empty = {
		.kind = CONFIG_YAML_SCALAR, .is_plain = true, .text = (char *)""};
	char found[CONFIG_VALUE_QUOTED_MAX], key[64];
	const char *equals = strchr(text, '=');
	size_t n = equals ? (size_t)(equals - text) : 0;
	d->is_override = true;
	if (n == 0 || n >= sizeof key)
		return config_apply_fail(d, NULL, "", CEN_EFORMAT,
			"%s is not an override (allowed: key=value, as cache.size=64MiB)",
			config_value_quote(text, found));
	memcpy(key, text, n);
	key[n] = 0;
	struct config_yaml *root;
	int rc = parse_tree(d, "command line", equals + 1, strlen(equals + 1), trees, &root);
	return rc < 0 ? rc : config_apply_key(d, key, root ? root : &empty);
}

/* The whole way from text to a configuration. */
static int make(const char *file, const char *text, size_t len, const char *const *overrides,
	size_t override_count, struct config **out, struct err *why)
{
	struct config_draft d = {
		.config = new_config(), .file = file ? file : "built-in defaults", .why = why};
	struct tree *trees = NULL;
	if (!d.config)
		return err_set(why, -ENOMEM, "memory is short");
	int rc = config_apply_defaults(&d);
	if (rc == 0 && text)
		rc = apply_text(&d, text, len, &trees);
	for (size_t i = 0; i < override_count && rc == 0; i++)
		rc = apply_override(&d, overrides[i], &trees);
	if (rc == 0)
		rc = finish(&d, file);
	if (rc == 0 && file && !(d.config->file = strdup(file)))
		rc = err_set(why, -ENOMEM, "memory is short");
	while (trees) {
		struct tree *next = trees->next;
		config_yaml_free(trees->root);
		free(trees);
		trees = next;
	}
	if (rc == 0)
		*out = d.config;
	else
		config_free(d.config);
	return rc;
}

/* Reads until the end or `max` octets. Returns the octets read, or -errno. */
static ssize_t read_all(int fd, char *to, size_t max)
{
	size_t n = 0;
	while (n < max) {
		ssize_t r = read(fd, to + n, max - n);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		if (r == 0)
			break;
		n += (size_t)r;
	}
	return (ssize_t)n;
}

/* Reads the whole file; the text is owned by the caller. */
static int read_file(const char *file, char **text, size_t *len, struct err *why)
{
	/* Not blocking: opening a pipe would wait for its other end. */
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_set(why, -errno, "%s: cannot be opened: %s", file, strerror(errno));
	struct stat st;
	char *buffer = NULL;
	int rc = 0;
	if (fstat(fd, &st) < 0)
		rc = err_set(why, -errno, "%s: cannot be read: %s", file, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		rc = err_set(
			why, CEN_EFORMAT, "%s: is not a file (allowed: an ordinary file)", file);
	else if (st.st_size > CONFIG_YAML_BYTES_MAX)
		rc = err_set(why, CEN_ELIMIT, "%s: is too long (allowed: 4MiB)", file);
	else if (!(buffer = malloc(CONFIG_YAML_BYTES_MAX + 1)))
		rc = err_set(why, -ENOMEM, "%s: memory is short", file);
	if (rc == 0) {
		ssize_t n = read_all(fd, buffer, CONFIG_YAML_BYTES_MAX + 1);
		if (n < 0)
			rc = err_set(
				why, (int)n, "%s: cannot be read: %s", file, strerror((int)-n));
		*len = n < 0 ? 0 : (size_t)n;
	}
	close(fd);
	if (rc < 0)
		free(buffer);
	else
		*text = buffer;
	return rc;
}

int config_load(const char *file, const char *const *overrides, size_t override_count,
	struct config **out, struct err *why)
{
	char *text = NULL;
	size_t len = 0;
	int rc = file ? read_file(file, &text, &len, why) : 0;
	if (rc == 0)
		rc = make(file, text, len, overrides, override_count, out, why);
	free(text);
	return rc;
}

int config_parse(
	const char *name, const char *text, size_t len, struct config **out, struct err *why)
{
	return make(name, text, len, NULL, 0, out, why);
}

const char *config_action_name(enum sink_action action)
{
	static const char *const names[] = {"default", "null", "nxdomain", "nodata", "address",
		"refused", "drop", "tcp-only", "passthru"};
	return (unsigned)action < sizeof names / sizeof names[0] ? names[action] : "?";
}

const char *config_format_name(enum list_format format)
{
	static const char *const names[] = {"auto", "domains", "hosts", "wildcard", "adblock",
		"dnsmasq", "unbound", "rpz", "regex", "addresses"};
	return (unsigned)format < sizeof names / sizeof names[0] ? names[format] : "?";
}

const char *config_mode_name(enum list_mode mode)
{
	static const char *const names[] = {"off", "monitor", "block"};
	return (unsigned)mode < sizeof names / sizeof names[0] ? names[mode] : "?";
}

const char *config_kind_name(enum list_kind kind)
{
	return kind == LIST_ALLOW ? "allow" : "deny";
}
