/* SPDX-License-Identifier: BSD-2-Clause
 * Which path and method lead to which handler, and who may ask.
 *
 * Threads: pure.
 */
#pragma once

#include "web/edge.h"

/* May this request go on? False after having written the refusal: unknown path (404), method (405), a change over TCP (403). */
bool route_admit(const struct edge_request *q, struct edge_response *r);
/* Runs the handler of an admitted request. */
void route_handle(const struct edge_request *q, struct edge_response *r);
