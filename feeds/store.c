/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeds/listdb/tempfile.h"
#include "resolver/base/log.h"

enum { FOLDER_MODE = 0750, FILE_MODE = 0640, KEPT_MIN = 2 };

/* Makes the folder and those above it. */
static int make_folder(const char *path, struct err *why)
{
	char part[PATH_MAX];
	size_t len = strlen(path);
	if (!len || len >= sizeof part - 128) /* room for the names of files */
		return err_set(why, -ENAMETOOLONG, "%s: not a folder's name", path);
	memcpy(part, path, len + 1);
	for (size_t i = 1; i <= len; i++) {
		if (part[i] != '/' && part[i])
			continue;
		part[i] = 0;
		struct stat st;
		if (mkdir(part, FOLDER_MODE) && (stat(part, &st) || !S_ISDIR(st.st_mode))) {
			int code = errno == EEXIST ? ENOTDIR : errno;
			return err_set(why, -code, "%s: cannot be made: %s", part, strerror(code));
		}
		part[i] = path[i];
	}
	return 0;
}

static int make_both(const char *folder, const char *below, struct err *why)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/%s", folder, below);
	return make_folder(path, why);
}

int store_make(const char *state, const char *cache, struct err *why)
{
	int rc = make_both(state, "generations", why);
	return rc ? rc : make_both(cache, "lists", why);
}

int store_lock(const char *state, struct err *why)
{
	char path[PATH_MAX], pid[32] = "";
	snprintf(path, sizeof path, "%s/lock", state);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	if (fd < 0)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW); /* a read-only folder */
	if (fd < 0)
		return err_set(why, -errno, "%s: cannot be locked: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		int code = errno == EWOULDBLOCK ? CEN_ELOCKED : -errno;
		ssize_t n = pread(fd, pid, sizeof pid - 1, 0);
		pid[n > 0 ? n : 0] = 0;
		pid[strcspn(pid, "\n")] = 0;
		close(fd);
		return err_set(why, code,
			"%s: the folder is in use by another cenote (process %s); each needs a "
			"`directory:` of its own",
			state, pid);
	}
	int n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) || pwrite(fd, pid, (size_t)n, 0) < 0)
		log_debug("feeds", "event=lock reason=\"%s\"", strerror(errno));
	return fd;
}

/* `NNNNNNNN.mdb` and nothing else. 0: not one. */
static uint64_t number_of(const char *name)
{
	uint64_t n = 0;
	size_t digits = strspn(name, "0123456789");
	if (digits < 8 || digits > 18 || strcmp(name + digits, ".mdb") != 0)
		return 0;
	for (size_t i = 0; i < digits; i++)
		n = n * 10 + (uint64_t)(name[i] - '0');
	return n;
}

static void path_of(const char *state, uint64_t number, char path[static PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/generations/%08" PRIu64 ".mdb", state, number);
}

static int falling(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? 1 : x > y ? -1 : 0;
}

size_t store_numbers(const char *state, uint64_t *numbers, size_t max)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/generations", state);
	DIR *d = opendir(path);
	size_t n = 0;
	if (!d)
		return 0;
	for (const struct dirent *e; (e = readdir(d));) {
		uint64_t number = number_of(e->d_name);
		if (!number)
			continue;
		if (n < max) {
			numbers[n++] = number;
			continue;
		}
		/* Too many: the lowest gives way. */
		size_t low = 0;
		for (size_t i = 1; i < n; i++)
			if (numbers[i] < numbers[low])
				low = i;
		if (numbers[low] < number)
			numbers[low] = number;
	}
	closedir(d);
	qsort(numbers, n, sizeof *numbers, falling);
	return n;
}

int store_open(const char *state, uint64_t number, struct listdb **out, struct err *why)
{
	char path[PATH_MAX];
	path_of(state, number, path);
	return listdb_open(path, out, why);
}

int store_open_newest(const char *state, struct listdb **out, struct err *why)
{
	uint64_t numbers[STORE_FILES_MAX];
	size_t n = store_numbers(state, numbers, STORE_FILES_MAX);
	for (size_t i = 0; i < n; i++) {
		struct err reason;
		if (!store_open(state, numbers[i], out, &reason))
			return 0;
		log_error("feeds", "event=passed_over generation=%" PRIu64 " reason=\"%s\"",
			numbers[i], reason.text);
	}
	return err_set(why, CEN_ENOTFOUND,
		n ? "%s/generations: none of its %zu files is good"
		  : "%s/generations: no generation has been built yet (%zu)",
		state, n);
}

static void sweep(const char *folder, const char *prefix, const char *suffix)
{
	DIR *d = opendir(folder);
	if (!d)
		return;
	for (const struct dirent *e; (e = readdir(d));) {
		size_t len = strlen(e->d_name), end = strlen(suffix);
		if (!strncmp(e->d_name, prefix, strlen(prefix)) && len > end &&
			!strcmp(e->d_name + len - end, suffix))
			unlinkat(dirfd(d), e->d_name, 0);
	}
	closedir(d);
}

void store_sweep(const char *state, const char *cache)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/generations", state);
	sweep(path, "tmp-", "");
	snprintf(path, sizeof path, "%s/lists", cache);
	sweep(path, "", ".new");
}

void store_sweep_lists(const char *cache,
	bool (*is_configured)(const void *arg, const char *name, size_t len), const void *arg)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/lists", cache);
	DIR *d = opendir(path);
	if (!d)
		return;
	for (const struct dirent *e; (e = readdir(d));) {
		const char *dot = strrchr(e->d_name, '.');
		bool is_content = dot && (!strcmp(dot, ".list") || !strcmp(dot, ".held"));
		if (is_content && !is_configured(arg, e->d_name, (size_t)(dot - e->d_name)))
			unlinkat(dirfd(d), e->d_name, 0);
	}
	closedir(d);
}

int store_sync_folder(const char *folder, struct err *why)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return rc ? err_set(why, rc, "%s: cannot be synced: %s", folder, strerror(-rc)) : 0;
}

int store_add(const char *state, const char *path, uint64_t number, struct err *why)
{
	char to[PATH_MAX], folder[PATH_MAX];
	path_of(state, number, to);
	snprintf(folder, sizeof folder, "%s/generations", state);
	if (rename(path, to))
		return err_set(why, -errno, "%s: cannot be renamed: %s", to, strerror(errno));
	return store_sync_folder(folder, why);
}

void store_prune(const char *state, size_t kept, uint64_t spared)
{
	uint64_t numbers[STORE_FILES_MAX];
	char path[PATH_MAX];
	if (kept < KEPT_MIN)
		kept = KEPT_MIN;
	for (size_t n = store_numbers(state, numbers, STORE_FILES_MAX); n > kept; n--) {
		path_of(state, numbers[n - 1], path);
		if (numbers[n - 1] != spared)
			unlink(path);
	}
}

int store_write_file(const char *path, const void *bytes, size_t len, struct err *why)
{
	char temp[PATH_MAX];
	uint64_t at = 0;
	snprintf(temp, sizeof temp, "%s.tmp", path);
	int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	if (fd < 0)
		return err_set(why, -errno, "%s: cannot be written: %s", temp, strerror(errno));
	int rc = tempfile_write(fd, temp, bytes, len, &at, why);
	if (!rc && fdatasync(fd))
		rc = err_set(why, -errno, "%s: cannot be synced: %s", temp, strerror(errno));
	close(fd);
	if (!rc && rename(temp, path))
		rc = err_set(why, -errno, "%s: cannot be renamed: %s", path, strerror(errno));
	if (rc)
		unlink(temp);
	return rc;
}

uint64_t store_created_s(const char *state, uint64_t number)
{
	char path[PATH_MAX];
	struct stat st;
	path_of(state, number, path);
	return stat(path, &st) || st.st_mtim.tv_sec < 0 ? 0 : (uint64_t)st.st_mtim.tv_sec;
}

static void pin_path(const char *state, char path[static PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/pinned", state);
}

uint64_t store_pinned(const char *state)
{
	char path[PATH_MAX], text[32] = "";
	pin_path(state, path);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	size_t digits = strspn(text, "0123456789");
	bool is_good = n > 0 && digits && digits <= 18 && text[digits] == '\n';
	if (fd >= 0 && !is_good)
		log_error("feeds", "event=pin reason=\"%s: damaged; the newest generation serves\"",
			path);
	return is_good ? strtoull(text, NULL, 10) : 0;
}

int store_pin(const char *state, uint64_t number, struct err *why)
{
	char path[PATH_MAX], text[32];
	pin_path(state, path);
	if (number) {
		int n = snprintf(text, sizeof text, "%" PRIu64 "\n", number);
		int rc = store_write_file(path, text, (size_t)n, why);
		return rc ? rc : store_sync_folder(state, why);
	}
	if (unlink(path) && errno != ENOENT)
		return err_set(why, -errno, "%s: cannot be removed: %s", path, strerror(errno));
	return store_sync_folder(state, why);
}
