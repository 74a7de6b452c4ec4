/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/child.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

static void set_files(posix_spawn_file_actions_t *files, const struct child *c)
{
	posix_spawn_file_actions_adddup2(files, c->in, STDIN_FILENO);
	if (c->out >= 0) {
		posix_spawn_file_actions_adddup2(files, c->out, STDOUT_FILENO);
	} else {
		posix_spawn_file_actions_addopen(files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
		posix_spawn_file_actions_addopen(files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	}
	posix_spawn_file_actions_addclosefrom_np(files, STDERR_FILENO + 1);
}

static void set_attributes(posix_spawnattr_t *attributes, const struct child *c)
{
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setpgroup(attributes, 0);
	posix_spawnattr_setflags(attributes,
		(short)(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
			(c->has_group ? POSIX_SPAWN_SETPGROUP : 0)));
}

int child_start(const struct child *c, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int rc = posix_spawn_file_actions_init(&files);
	if (rc)
		return rc;
	rc = posix_spawnattr_init(&attributes);
	if (!rc) {
		set_files(&files, c);
		set_attributes(&attributes, c);
		rc = posix_spawn(pid, c->program, &files, &attributes, c->argv, c->environment);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&files);
	return rc;
}
