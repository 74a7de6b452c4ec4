/* SPDX-License-Identifier: BSD-2-Clause */
#include "web/listener.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 64 };

int listener_tcp(struct addr_endpoint *e, struct err *why)
{
	struct sockaddr_storage at;
	socklen_t len = addr_to_sockaddr(e, &at);
	char text[ADDR_TEXT_MAX];
	addr_endpoint_to_text(e, text);
	int fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;
	if (fd < 0)
		return err_set(
			why, -errno, "http.listen: no socket for %s: %s", text, strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (at.ss_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&at, len) || listen(fd, BACKLOG) ||
		getsockname(fd, (struct sockaddr *)&at, &(socklen_t){sizeof at})) {
		int code = -errno;
		close(fd);
		return err_set(why, code, "http.listen: cannot listen on %s: %s%s", text,
			strerror(-code),
			code == -EADDRINUSE ? " (is another cenote or web server running?)" : "");
	}
	e->port = ntohs(at.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&at)->sin6_port
						 : ((struct sockaddr_in *)&at)->sin_port);
	return fd;
}

/* Makes the folder that `path` lies in; the one above must be there. */
static void make_folder(const char *path)
{
	char folder[sizeof((struct sockaddr_un *)0)->sun_path];
	const char *slash = strrchr(path, '/');
	if (!slash || slash == path)
		return;
	memcpy(folder, path, (size_t)(slash - path));
	folder[slash - path] = 0;
	(void)mkdir(folder, 0750); /* bind says it when this did not help */
}

/* May the file at `at` be replaced? 0, or why not. */
static int clear_place(const struct sockaddr_un *at, struct err *why)
{
	struct stat st;
	if (lstat(at->sun_path, &st))
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return err_set(why, -EEXIST,
			"socket: %s is there and is not a socket; it is left alone", at->sun_path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set(why, -errno, "socket: %s", strerror(errno));
	bool is_dead =
		connect(fd, (const struct sockaddr *)at, sizeof *at) && errno == ECONNREFUSED;
	close(fd);
	if (!is_dead)
		return err_set(why, CEN_ELOCKED,
			"socket: another daemon answers at %s; stop it first, or give this one "
			"another "
			"`socket:`",
			at->sun_path);
	(void)unlink(at->sun_path);
	return 0;
}

int listener_unix(const char *path, uint64_t *inode, struct err *why)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	size_t len = strlen(path);
	if (!len || len >= sizeof at.sun_path)
		return err_set(why, CEN_ERANGE, "socket: \"%s\" is not 1 to %zu characters long",
			path, sizeof at.sun_path - 1);
	memcpy(at.sun_path, path, len + 1);
	make_folder(path);
	int code = clear_place(&at, why);
	if (code)
		return code;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;
	/* Between bind and chmod the umask keeps others out: connecting takes the right to write. */
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) || chmod(path, 0660) ||
		lstat(path, &st) || listen(fd, BACKLOG)) {
		code = -errno;
		if (fd >= 0)
			close(fd);
		return err_set(why, code, "socket: cannot listen on %s: %s", path, strerror(-code));
	}
	*inode = st.st_ino;
	return fd;
}

void listener_unlink(const char *path, uint64_t inode)
{
	struct stat st;
	if (!lstat(path, &st) && S_ISSOCK(st.st_mode) && st.st_ino == inode)
		(void)unlink(path);
}
