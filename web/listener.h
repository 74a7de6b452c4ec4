/* SPDX-License-Identifier: BSD-2-Clause
 * The listening sockets of the web edge.
 *
 * Threads: the main thread, at start and stop.
 */
#pragma once

#include <stdint.h>

#include "resolver/base/addr.h"
#include "resolver/base/err.h"

/* Binds and listens; on success a descriptor, and `*e` carries the port that was given when it asked for 0. */
int listener_tcp(struct addr_endpoint *e, struct err *why);

/* The same for the control socket: makes its folder when that is missing, takes the place of a dead daemon's socket, never of a
 * living one's or of a file that is no socket. Mode 0660. `*inode` is for listener_unlink. */
int listener_unix(const char *path, uint64_t *inode, struct err *why);
/* Removes the socket's file if it still is ours. */
void listener_unlink(const char *path, uint64_t inode);
