/* SPDX-License-Identifier: BSD-2-Clause
 * What the rows of `lists`, `groups`, `forward` and `stub` cannot know one by one.
 *
 * Threads: pure.
 */
#pragma once

struct config_yaml;

/* See struct config_table. */
int config_item_finish_list(void *item, const struct config_yaml *node, const char **fault);
int config_item_finish_tsig(void *item, const struct config_yaml *node, const char **fault);
int config_item_finish_group(void *item, const struct config_yaml *node, const char **fault);
int config_item_finish_zone(void *item, const struct config_yaml *node, const char **fault);
