/* SPDX-License-Identifier: BSD-2-Clause
 * /metrics: the Prometheus text format 0.0.4.
 *
 * Threads: any thread of the edge.
 */
#pragma once

#include "web/edge.h"

edge_handler metrics_get;
