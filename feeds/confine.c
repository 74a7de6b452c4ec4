/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Rights and scopes that came after the header we build with. */
#define TRUNCATE ((uint64_t)1 << 14) /* since the 3rd version */
#define IOCTL_DEV ((uint64_t)1 << 15) /* 5th */
#define SCOPE_ABSTRACT_SOCKET ((uint64_t)1 << 0) /* 6th */
#define SCOPE_SIGNAL ((uint64_t)1 << 1)

enum { VERSION_REFER = 2, VERSION_TRUNCATE, VERSION_NET, VERSION_IOCTL, VERSION_SCOPE };

static const uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
static const uint64_t writing = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
	LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |
	LANDLOCK_ACCESS_FS_MAKE_REG | TRUNCATE;
static const uint64_t for_files =
	LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE;

/* struct landlock_ruleset_attr as newer kernels know it; an older one is given the part it knows. */
struct ruleset {
	uint64_t files, net, scopes;
};

static struct ruleset all_of(long version)
{
	struct ruleset r = {.files = ((uint64_t)1 << 13) - 1};
	if (version >= VERSION_REFER)
		r.files |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= VERSION_TRUNCATE)
		r.files |= TRUNCATE;
	if (version >= VERSION_IOCTL)
		r.files |= IOCTL_DEV;
	if (version >= VERSION_SCOPE)
		r.scopes = SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL;
	return r;
}

static size_t size_of(long version)
{
	return version >= VERSION_SCOPE	 ? sizeof(struct ruleset)
		: version >= VERSION_NET ? 2 * sizeof(uint64_t)
					 : sizeof(uint64_t);
}

static int add(int ruleset, const struct confine_path *p, uint64_t known, struct err *why)
{
	struct stat st;
	int fd = open(p->path, O_PATH | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == EACCES))
		return 0;
	struct landlock_path_beneath_attr rule = {
		.allowed_access = (p->is_writable ? writing : reading) & known,
		.parent_fd = fd,
	};
	bool is_added = fd >= 0 && !fstat(fd, &st);
	if (is_added && !S_ISDIR(st.st_mode))
		rule.allowed_access &= for_files;
	is_added = is_added &&
		!syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	int rc = is_added
		? 0
		: err_set(why, -errno, "%s: no Landlock rule: %s", p->path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return rc;
}

int confine_files(const struct confine_path *paths, size_t n, struct err *why)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return err_set(why, -errno, "no_new_privs: %s", strerror(errno));
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (version < 1)
		return err_set(
			why, CEN_ENOTFOUND, "this kernel has no Landlock: %s", strerror(errno));
	struct ruleset all = all_of(version);
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, size_of(version), 0);
	if (ruleset < 0)
		return err_set(why, CEN_ENOTFOUND, "no Landlock: %s", strerror(errno));
	int rc = 0;
	for (size_t i = 0; !rc && i < n; i++)
		rc = add(ruleset, &paths[i], all.files, why);
	if (!rc && syscall(SYS_landlock_restrict_self, ruleset, 0))
		rc = err_set(why, CEN_ENOTFOUND, "no Landlock: %s", strerror(errno));
	close(ruleset);
	return rc;
}
