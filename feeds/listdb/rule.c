/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/listdb/rule.h"

const char *rule_trigger_name(int trigger)
{
	static const char *const names[RULE_TRIGGERS] = {[RULE_NAME] = "name",
		[RULE_PATTERN] = "pattern",
		[RULE_ANSWER] = "answer address",
		[RULE_CLIENT] = "client",
		[RULE_NS_NAME] = "server name",
		[RULE_NS_ADDRESS] = "server address"};
	return (unsigned)trigger < RULE_TRIGGERS ? names[trigger] : "?";
}

const char *rule_verb_name(int verb)
{
	static const char *const names[RULE_VERBS] = {[RULE_MATCH] = "match",
		[RULE_EXCEPT] = "except",
		[RULE_PASSTHRU] = "passthru",
		[RULE_DROP] = "drop",
		[RULE_TCP_ONLY] = "tcp-only",
		[RULE_NXDOMAIN] = "nxdomain",
		[RULE_NODATA] = "nodata",
		[RULE_REFUSED] = "refused",
		[RULE_DATA] = "data"};
	return (unsigned)verb < RULE_VERBS ? names[verb] : "?";
}
