/* SPDX-License-Identifier: BSD-2-Clause
 * The rows of one entry of `lists:`, `tsig_keys:`, `groups:`, `forward:` and `stub:`.
 */
#include "resolver/base/config.h"
#include "resolver/base/config_item.h"
#include "resolver/base/config_schema.h"

enum { MINUTE_S = 60, DAY_S = 86400 };

_Static_assert(sizeof(enum list_kind) == sizeof(int) && sizeof(enum list_mode) == sizeof(int) &&
		sizeof(enum list_match) == sizeof(int) && sizeof(enum sink_action) == sizeof(int) &&
		sizeof(enum config_tsig_algorithm) == sizeof(int),
	"a CONFIG_WORD is stored as an int");

static const struct config_word kind_words[] = {
	{"deny", LIST_DENY}, {"allow", LIST_ALLOW}, {NULL, 0}};
const struct config_word config_schema_mode_words[] = {{"off", LIST_MODE_OFF},
	{"monitor", LIST_MODE_MONITOR}, {"block", LIST_MODE_BLOCK}, {NULL, 0}};
static const struct config_word match_words[] = {
	{"exact", LIST_MATCH_EXACT}, {"subtree", LIST_MATCH_SUBTREE}, {NULL, 0}};
static const struct config_word format_words[] = {{"auto", LIST_FORMAT_AUTO},
	{"domains", LIST_FORMAT_DOMAINS}, {"hosts", LIST_FORMAT_HOSTS},
	{"wildcard", LIST_FORMAT_WILDCARD}, {"adblock", LIST_FORMAT_ADBLOCK},
	{"dnsmasq", LIST_FORMAT_DNSMASQ}, {"unbound", LIST_FORMAT_UNBOUND},
	{"rpz", LIST_FORMAT_RPZ}, {"regex", LIST_FORMAT_REGEX},
	{"addresses", LIST_FORMAT_ADDRESSES}, {NULL, 0}};
const struct config_word config_schema_action_words[] = {{"null", SINK_NULL},
	{"nxdomain", SINK_NXDOMAIN}, {"nodata", SINK_NODATA}, {"address", SINK_ADDRESS},
	{"refused", SINK_REFUSED}, {"drop", SINK_DROP}, {NULL, 0}};
static const struct config_word list_action_words[] = {{"null", SINK_NULL},
	{"nxdomain", SINK_NXDOMAIN}, {"nodata", SINK_NODATA}, {"address", SINK_ADDRESS},
	{"refused", SINK_REFUSED}, {"drop", SINK_DROP}, {"tcp-only", SINK_TCP_ONLY},
	{"passthru", SINK_PASSTHRU}, {NULL, 0}};
#define AT(field) .at = offsetof(struct config_list, field)
static const struct config_row list_rows[] = {
	{.key = "name",
		.type = CONFIG_NAME,
		AT(name),
		.is_required = true,
		.help = "What the list is called everywhere: in groups, counters, answers. `all` "
			"is taken."},
	{.key = "source",
		.type = CONFIG_SOURCE,
		AT(source),
		.is_required = true,
		.help = "Where it comes from: a file, a URL that is fetched, or "
			"xfr://ADDRESS[:PORT]/ZONE, an RPZ zone kept by transfer from its "
			"primary."},
	{.key = "tsig",
		.type = CONFIG_NAME,
		AT(tsig),
		.help = "The key of tsig_keys that signs its transfers."},
	{.key = "kind",
		.type = CONFIG_WORD,
		AT(kind),
		.words = kind_words,
		.initial = "deny",
		.help = "`allow` takes its names out of all deny lists."},
	{.key = "category",
		.type = CONFIG_CATEGORY,
		AT(category),
		.initial = "",
		.help = "A word of your own for counters and reports, such as botnet."},
	{.key = "action",
		.type = CONFIG_WORD,
		AT(action),
		.words = list_action_words,
		.help = "The answer for its names, when it is not that of sinkhole.action; of a "
			"policy zone (rpz), which says by itself what to answer, it takes the "
			"place of every action but PASSTHRU. `tcp-only` makes clients come again "
			"over TCP, `passthru` lets its names through, past the lists behind it. "
			"Signed answers are rewritten, too, also for clients that ask for DNSSEC "
			"(BIND's break-dnssec yes)."},
	{.key = "mode",
		.type = CONFIG_WORD,
		AT(mode),
		.words = config_schema_mode_words,
		.initial = "block",
		.help = "`monitor` counts and shows, but does not block."},
	{.key = "match",
		.type = CONFIG_WORD,
		AT(match),
		.words = match_words,
		.help = "Does a name stand for itself or for all below it, too? Not given: exact "
			"in a "
			"hosts file, subtree in a list of domains, as written for wildcards."},
	{.key = "format",
		.type = CONFIG_WORD,
		AT(format),
		.words = format_words,
		.initial = "auto",
		.help = "How it is written; `auto` finds out by its content."},
	{.key = "refresh",
		.type = CONFIG_SECONDS,
		AT(refresh_s),
		.initial = "1d",
		.min = MINUTE_S,
		.max = 365 * DAY_S,
		.help = "How often it is fetched again."},
	{.key = "at",
		.type = CONFIG_TIME,
		AT(at),
		.help = "Fetched once a day, some minutes after this time, instead of every "
			"`refresh`."},
	{.key = "allow_private",
		.type = CONFIG_BOOL,
		AT(has_private),
		.initial = "false",
		.help = "May it come from private and loopback addresses? Else they are refused, "
			"also behind redirections."},
	{.key = "sha256",
		.type = CONFIG_SHA256,
		AT(sha256),
		.help = "The only content that is taken, by its SHA-256 as it arrives."},
	{.key = "key",
		.type = CONFIG_KEY,
		AT(key),
		.help = "The public key of minisign, or of Ed25519 in hexadecimal digits, that it "
			"must be signed with."},
	{.key = "signature",
		.type = CONFIG_SOURCE,
		AT(signature),
		.help = "Where the signature is. Not given: source with .minisig at its end."},
	{.key = "floor",
		.type = CONFIG_NUMBER,
		AT(floor),
		.initial = "1",
		.max = 100000000,
		.help = "Content with fewer rules is held and the old one stays."},
	{.key = "max_change",
		.type = CONFIG_NUMBER,
		AT(max_change_percent),
		.initial = "50",
		.min = 1,
		.max = 100,
		.help = "Percent of its rules that a list of 100 rules or more may lose in one "
			"update, "
			"or ten times that gain; what changes more is held until `feeds accept`. "
			"100: no "
			"bound."},
	{.key = "shadow",
		.type = CONFIG_SECONDS,
		AT(shadow_s),
		.initial = "0s",
		.max = 365 * DAY_S,
		.help = "A new list only monitors for so long after it was first taken in."},
};
const struct config_table config_schema_list_table = {.rows = list_rows,
	.count = sizeof list_rows / sizeof *list_rows,
	.item_size = sizeof(struct config_list),
	.finish = config_item_finish_list};
#undef AT

static const struct config_word algorithm_words[] = {{"hmac-sha256", TSIG_SHA256},
	{"hmac-sha1", TSIG_SHA1}, {"hmac-sha224", TSIG_SHA224}, {"hmac-sha384", TSIG_SHA384},
	{"hmac-sha512", TSIG_SHA512}, {NULL, 0}};
#define AT(field) .at = offsetof(struct config_tsig_key, field)
static const struct config_row tsig_rows[] = {
	{.key = "name",
		.type = CONFIG_NAME,
		AT(name),
		.is_required = true,
		.help = "The key's name, the same at both ends, in lower case."},
	{.key = "algorithm",
		.type = CONFIG_WORD,
		AT(algorithm),
		.words = algorithm_words,
		.initial = "hmac-sha256",
		.help = "How it signs."},
	{.key = "secret",
		.type = CONFIG_SECRET,
		AT(secret),
		.help = "The key in base64. Better kept in a file of its own."},
	{.key = "secret_file",
		.type = CONFIG_PATH,
		AT(secret_file),
		.help = "A file that holds it."},
};
const struct config_table config_schema_tsig_table = {.rows = tsig_rows,
	.count = sizeof tsig_rows / sizeof *tsig_rows,
	.item_size = sizeof(struct config_tsig_key),
	.finish = config_item_finish_tsig};
#undef AT

#define AT(field) .at = offsetof(struct config_group, field)
static const struct config_row group_rows[] = {
	{.key = "name",
		.type = CONFIG_NAME,
		AT(name),
		.is_required = true,
		.help = "`default` is for every client that no other group names."},
	{.key = "clients",
		.type = CONFIG_PREFIX,
		.is_array = true,
		AT(clients),
		.count_at = offsetof(struct config_group, client_count),
		.initial = "[]",
		.count_max = 100000,
		.help = "Who belongs to it. The longest match wins."},
	{.key = "lists",
		.type = CONFIG_NAME,
		.is_array = true,
		AT(lists),
		.count_at = offsetof(struct config_group, list_count),
		.initial = "all",
		.count_max = CONFIG_LISTS_MAX,
		.help = "The lists that act for it, or the word `all`."},
};
const struct config_table config_schema_group_table = {.rows = group_rows,
	.count = sizeof group_rows / sizeof *group_rows,
	.item_size = sizeof(struct config_group),
	.finish = config_item_finish_group};
#undef AT

#define AT(field) .at = offsetof(struct config_zone, field)
static const struct config_row zone_rows[] = {
	{.key = "zone",
		.type = CONFIG_ZONE,
		AT(zone),
		.is_required = true,
		.help = "The zone and all below it; `.` is everything."},
	{.key = "to",
		.type = CONFIG_ENDPOINT,
		.is_array = true,
		AT(to),
		.count_at = offsetof(struct config_zone, to_count),
		.is_required = true,
		.count_min = 1,
		.count_max = 64,
		.port = 53,
		.help = "The servers to ask."},
	{.key = "dnssec",
		.type = CONFIG_BOOL,
		AT(is_validated),
		.help = "Are its answers validated? Not given: true for the root zone, false for "
			"others."},
};
const struct config_table config_schema_zone_table = {.rows = zone_rows,
	.count = sizeof zone_rows / sizeof *zone_rows,
	.item_size = sizeof(struct config_zone),
	.finish = config_item_finish_zone};
#undef AT
