/* SPDX-License-Identifier: BSD-2-Clause
 * The one program: reads the command line and runs the command.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/cli.h"

/* Options that not every command takes. HAS_OWN: all that follows its name is the command's to read. */
enum {
	TAKES_CONFIG = 1,
	TAKES_JSON = 2,
	TAKES_EXPLAIN = 4,
	IS_HIDDEN = 8,
	HAS_OWN = 16,
	TAKES_LINT = 32,
	TAKES_FORMAT = 64,
	TAKES_CLIENT = 128,
	TAKES_GROUP = 256,
	TAKES_LENGTH = 512,
	TAKES_ONCE = 1024,
	TAKES_LOG = 2048,
	TAKES_KEY = 4096
};

struct command {
	const char *name, *usage, *summary, *help;
	int (*function)(const struct cli *);
	unsigned flags;
	size_t min_args, max_args;
};

static const struct command commands[] = {
	{"run", "run [-c FILE] [-o KEY=VALUE]...", "serve until SIGTERM or SIGINT",
		"Serves in the foreground and logs to standard error. SIGHUP reads the "
		"configuration again;\n"
		"a bad one is refused and the old one goes on serving.\n",
		cli_run, TAKES_CONFIG, 0, 0},
	{"check", "check [-c FILE] [-o KEY=VALUE]... [--json]", "is the configuration good?",
		"Reads the configuration, the local records and the resolver's options, as `run` "
		"would.\n"
		"Prints OK, or one sentence with file, line, key and what is allowed (exit 78).\n",
		cli_check, TAKES_CONFIG | TAKES_JSON, 0, 0},
	{"status", "status [--json]", "what the running daemon serves, and its health",
		"Exit 0 when it serves, also when something is degraded; 3 when no daemon "
		"answers.\n",
		cli_show_status, TAKES_CONFIG | TAKES_JSON, 0, 0},
	{"stats", "stats [--json]", "counters and latency of the running daemon", "",
		cli_show_stats, TAKES_CONFIG | TAKES_JSON, 0, 0},
	{"top", "top [--once] [--json]",
		"the same as they change: infected devices, rates, top lists",
		"A page for a terminal, renewed every two seconds. Keys: q quits, t shows other "
		"times, p pauses\n"
		"filtering for five minutes, r resumes it.\n",
		cli_top, TAKES_CONFIG | TAKES_JSON | TAKES_ONCE, 0, 0},
	{"explain", "explain NAME [--client ADDRESS] [--type TYPE] [--json]",
		"why is this name blocked, or not?",
		"Shows the whole chain for a question: the normalised name, the client's group, "
		"each list that\n"
		"holds the name or an ancestor, the verdict, and what would be answered. Asks "
		"nothing upstream.\n"
		"Exit 10 when the name is blocked, 0 when it is not.\n",
		cli_explain, TAKES_CONFIG | TAKES_JSON | TAKES_EXPLAIN | TAKES_CLIENT, 1, 1},
	{"feeds",
		"feeds list | update [NAME] | lint FILE [--format NAME] [--rules] | diff NAME\n"
		"       | accept NAME | generations | rollback [N | to GENERATION] | release "
		"[--json]",
		"the lists: their state; fetch them now; go back; what a file would do",
		"`list` shows each list with its rules and what came of the last fetch.\n"
		"`update` fetches all lists (or the one named), waits, and shows what changed; "
		"exit 1 when a\n"
		"list could not be taken.\n"
		"`lint` reads FILE as a list, without a daemon: its format, its rules by kind, "
		"and what was skipped\n"
		"and why; exit 1 when it would be refused.\n"
		"`diff` shows what the held content of a list would change, or else what its last "
		"generation has.\n"
		"`accept` takes in what a guard holds of a list, checked by all other guards.\n"
		"`generations` shows which are kept. `rollback` puts the one N before (1), or the "
		"one with that\n"
		"number, in force at once; it stays, also over a restart, until `release`, "
		"`update` or `accept`.\n",
		cli_feeds, TAKES_CONFIG | TAKES_JSON | TAKES_LINT | TAKES_FORMAT, 1, 3},
	{"rules", "rules list | add allow|deny RULE | remove allow|deny RULE",
		"own rules, in force at once and kept",
		"A RULE is `name.example` (the name and all below it), `=name.example` (the name "
		"alone) or\n"
		"`*.name.example` (only what is below). An own allow is stronger than any list.\n"
		"Rules of the configuration file are shown, and changed there.\n",
		cli_rules, TAKES_CONFIG | TAKES_JSON, 1, 3},
	{"pause", "pause [--group NAME | --client ADDRESS] [DURATION] | list [--json]",
		"block nothing for a while, for all, a group or a client",
		"For a DURATION (`90s`, `5m`, `1h`, `2d`), or else until `resume`; also over a "
		"restart. What lists, own\n"
		"deny rules, policy zones, the calendar and the classifier would have blocked is "
		"counted instead.\n"
		"Access, rebinding protection, and what holds back an infected device stay. `list` "
		"shows which there are.\n",
		cli_pause, TAKES_CONFIG | TAKES_JSON | TAKES_CLIENT | TAKES_GROUP, 0, 1},
	{"resume", "resume [--group NAME | --client ADDRESS] [--json]", "end a pause at once",
		"That for all, or that for the group or the client. Exit 1 when there is none.\n",
		cli_resume, TAKES_CONFIG | TAKES_JSON | TAKES_CLIENT | TAKES_GROUP, 0, 0},
	{"unblock",
		"unblock NAME [--group NAME | --client ADDRESS] [--for DURATION] | list\n"
		"       | remove NAME [--group NAME | --client ADDRESS] [--json]",
		"allow one name for a while, for all, a group or a client",
		"As an own allow rule, stronger than any list, that ends by itself. NAME is "
		"`name.example` (and all below\n"
		"it), `=name.example` (the name alone) or `*.name.example` (only what is below).\n",
		cli_unblock, TAKES_CONFIG | TAKES_JSON | TAKES_CLIENT | TAKES_GROUP | TAKES_LENGTH,
		1, 2},
	{"cases",
		"cases list [all|STATE] | show ID | export [ID] [--format FORMAT] | ack ID [NOTE] "
		"| close ID [NOTE]\n"
		"       | false-positive ID [for-all] | unseal ID [REASON] [--format FORMAT] "
		"[--json]",
		"infected devices: what was seen of them, and what becomes of them",
		"`list` shows the open cases, or those in a STATE (open, acknowledged, closed, "
		"false_positive), or all.\n"
		"`show` tells the evidence and what to do. `ack`: somebody is at it. `close`: the "
		"device is clean; new\n"
		"evidence opens a new case. `false-positive`: what the case was made of counts no "
		"more for this client;\n"
		"with `for-all` its names are allowed for everybody, as own rules. `export` prints "
		"one or the newest "
		"500 as json, xarf,\nshadowserver (CSV), stix or misp, without false positives; "
		"evidence.report names who reports.\n"
		"With evidence.pseudonyms `unseal` shows one with its client's address, or prints "
		"it as a report; the\n"
		"case and the log keep that it was done.\n",
		cli_cases, TAKES_CONFIG | TAKES_JSON | TAKES_FORMAT, 1, 3},
	{"log",
		"log [--client ADDRESS|PREFIX] [--name NAME] [--verdict VERDICT] [--type TYPE] "
		"[--follow] [--json]",
		"the newest queries, and those that come",
		"Shows 50 rows of the query log that pass, the newest last; with --follow also "
		"those "
		"that come, until it\n"
		"is stopped. --name takes a part of a name, `=name.example` (that name alone) or "
		"`.name.example` (and all\n"
		"below it). VERDICT is blocked, answered, failed, or monitored (would have been "
		"blocked).\n",
		cli_log, TAKES_CONFIG | TAKES_JSON | TAKES_LOG | TAKES_CLIENT, 0, 0},
	{"replay", "replay FILE|- [-c FILE] [-o KEY=VALUE]... [--json]",
		"what would it have done with recorded questions?",
		"Runs a pcap, a dnstap file or a CSV (columns time, client, name; type, rcode, "
		"answer) through the lists\n"
		"that were built for this configuration, the classifier, the calendar of those "
		"days and the evidence,\n"
		"by the file's own clock and without a network. Tells what would have been "
		"blocked, which devices would\n"
		"be cases, and which blocked names most clients asked for.\n",
		cli_replay, TAKES_CONFIG | TAKES_JSON, 1, 1},
	{"login", "login [--json]", "a link that sets the dashboard's password",
		"Prints a link that works once, for an hour: open it and choose a password. For "
		"the "
		"first log-in, and for\n"
		"a password that was lost; every session ends when a new one is set, keys stay.\n",
		cli_login, TAKES_CONFIG | TAKES_JSON, 0, 0},
	{"key", "key list | add --name NAME --scope SCOPE | remove --name NAME [--json]",
		"API keys, for programs",
		"`add` prints the key, this once. A SCOPE is `stats` (counters, history, top "
		"lists), "
		"`control` (also who\n"
		"asked for what, cases, rules, pause) or `admin` (all). It is sent as "
		"`Authorization: Bearer KEY` or\n"
		"`X-API-Key: KEY`.\n",
		cli_key, TAKES_CONFIG | TAKES_JSON | TAKES_KEY, 1, 1},
	{"reload", "reload [--json]", "let the daemon read its configuration again",
		"As SIGHUP, but says what came of it. Exit 1 when the new configuration was "
		"refused.\n",
		cli_reload, TAKES_CONFIG | TAKES_JSON, 0, 0},
	{"dga",
		"dga score [--model FILE] [--threshold RATE] [--json] [FILE|-]\n"
		"       cenote dga explain [--model FILE] [--threshold RATE] NAME...\n"
		"       cenote dga train --benign FILE --dga DIR [--out MODEL] [--unvetted FILE] "
		"[--seed N] [--synthetic N]\n"
		"              [--left-out FAMILY,...]\n"
		"       cenote dga eval [MODEL] --benign FILE --dga DIR [--left-out FAMILY,...] "
		"[--apart FAMILY,...] [--all]\n"
		"              [--threshold RATE] [--compare] [--roc FILE] [--json]\n"
		"       cenote dga eval --folds FILE --benign FILE --dga DIR [--unvetted FILE] "
		"[--seed N] [--apart FAMILY,...]\n"
		"              [--compare] [--roc FILE] [--json]\n"
		"       cenote dga calendar [--date DATE] [--days N] [--family FAMILY] [--seeds "
		"FILE] [--json]\n"
		"       cenote dga calendar --list [--json] | --check FILE\n"
		"       cenote dga popular LIST --out FILE [--count N]",
		"score names; train and measure the classifier; the calendar of known botnets",
		"`score` prints for each line of its input, in order: the name as it stands there, "
		"a TAB, the score\n"
		"in milli-nats (larger looks more like a program's), a TAB, and the class (random, "
		"hash, words,\n"
		"or none: not over the threshold, or popular). --threshold is the share of "
		"ordinary names that may be\n"
		"over it (1e-4). --json: an object for each line.\n"
		"`explain` says what speaks for and against each name.\n"
		"`train` makes a model of a file of benign names and a folder with a file of "
		"generated names for each\n"
		"family (one a line, may be gzipped), measures it on names it has not learned, and "
		"tells the figures.\n"
		"The same input and seed give the same model, bit for bit. Without --out it only "
		"measures. Of --unvetted\n"
		"names those that look generated are left out.\n"
		"`eval` tells how many generated names a model finds at fixed false positive "
		"rates, by family; --apart\n"
		"families have a mean of their own, --compare adds a bigram model and entropy, "
		"--roc draws an SVG. With\n"
		"--folds it trains models that have not learned the families of a line, and "
		"measures them with these.\n"
		"`calendar` prints the names that known botnets ask for on a day (today), as "
		"name, family, variant;\n"
		"--list its families, --check compares it with samples.\n"
		"`popular` makes a set of the first N domains (100000) of a top list, for "
		"`dga.popular`.\n",
		cli_dga, HAS_OWN, 0, 0},
	{"sample-config", "sample-config", "print a configuration with every key and its default",
		"", cli_sample, 0, 0, 0},
	{"build-generation", "build-generation", "", "", cli_build_generation, IS_HIDDEN, 0, 0},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static const char common_help[] =
	"  -c, --config FILE    the configuration (default /etc/cenote/cenote.yaml if it exists,\n"
	"                       else built-in defaults); commands find their daemon by it\n"
	"  -o KEY=VALUE         a key's value, stronger than the file's; may be repeated\n";

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int print_help(FILE *to)
{
	fputs("cenote " CENOTE_VERSION ": a recursive DNS resolver that sinkholes bots\n\n"
	      "usage: cenote COMMAND [options]\n\n",
		to);
	for (size_t i = 0; i < COMMANDS; i++)
		if (!(commands[i].flags & IS_HIDDEN))
			fprintf(to, "  %-14s %s\n", commands[i].name, commands[i].summary);
	fprintf(to, "  %-14s %s\n  %-14s %s\n\noptions:\n%s", "help COMMAND", "more about one",
		"--version", "print the version", common_help);
	fputs("      --json           machine-readable output\n\n"
	      "exit: 0 ok, 1 failed, 2 usage, 3 daemon not reachable, 10 blocked (explain), 78 bad "
	      "configuration\n",
		to);
	return to == stdout ? CLI_OK : CLI_USAGE;
}

static int print_command_help(const struct command *k)
{
	printf("usage: cenote %s\n\n%s\n", k->usage, k->summary);
	if (*k->help)
		printf("\n%s", k->help);
	if (k->flags & TAKES_CONFIG)
		printf("\noptions:\n%s", common_help);
	if (k->flags & TAKES_GROUP)
		fputs("      --group NAME     for the clients of this group\n"
		      "      --client ADDRESS for this client alone (default: for all)\n",
			stdout);
	if (k->flags & TAKES_LENGTH)
		fputs("      --for DURATION   from 1s to 7d (default 1h)\n", stdout);
	if (k->flags & TAKES_EXPLAIN)
		fputs("      --client ADDRESS as this client would see it (default: this machine)\n"
		      "      --type TYPE      of the question: A (default), AAAA, HTTPS, TYPE65 "
		      "...\n",
			stdout);
	if (k->flags & TAKES_LINT)
		fputs("      --format NAME    lint: read the file as this, whatever its content\n"
		      "      --rules          lint: print each rule\n",
			stdout);
	if (k->flags & TAKES_ONCE)
		fputs("      --once           print once, as into a file or a pipe\n", stdout);
	if (k->flags & TAKES_JSON)
		fputs("      --json           machine-readable output\n", stdout);
	return CLI_OK;
}

static int help(const struct cli *c)
{
	if (!c->arg_count)
		return print_help(stdout);
	const struct command *k = find(c->args[0]);
	return k ? print_command_help(k)
		 : cli_fail(CLI_USAGE, "there is no command `%s`; see `cenote help`", c->args[0]);
}

enum {
	OPTION_JSON = 256,
	OPTION_CLIENT,
	OPTION_GROUP,
	OPTION_LENGTH,
	OPTION_TYPE,
	OPTION_FORMAT,
	OPTION_RULES,
	OPTION_ONCE,
	OPTION_NAME,
	OPTION_VERDICT,
	OPTION_FOLLOW,
	OPTION_SCOPE,
	OPTION_VERSION
};

static const struct option options[] = {
	{"config", required_argument, NULL, 'c'},
	{"json", no_argument, NULL, OPTION_JSON},
	{"client", required_argument, NULL, OPTION_CLIENT},
	{"group", required_argument, NULL, OPTION_GROUP},
	{"for", required_argument, NULL, OPTION_LENGTH},
	{"type", required_argument, NULL, OPTION_TYPE},
	{"format", required_argument, NULL, OPTION_FORMAT},
	{"rules", no_argument, NULL, OPTION_RULES},
	{"once", no_argument, NULL, OPTION_ONCE},
	{"name", required_argument, NULL, OPTION_NAME},
	{"verdict", required_argument, NULL, OPTION_VERDICT},
	{"follow", no_argument, NULL, OPTION_FOLLOW},
	{"scope", required_argument, NULL, OPTION_SCOPE},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, OPTION_VERSION},
	{0},
};

struct wishes {
	bool is_help, is_version;
};

/* Reads the options wherever they stand. Returns 0 or CLI_USAGE. */
static int read_options(int argc, char **argv, struct cli *c, struct wishes *w)
{
	for (int o; (o = getopt_long(argc, argv, "c:o:h", options, NULL)) != -1;) {
		switch (o) {
		case 'c':
			c->file = optarg;
			break;
		case 'o':
			c->overrides[c->override_count++] = optarg;
			break;
		case OPTION_JSON:
			c->is_json = true;
			break;
		case OPTION_CLIENT:
			c->client = optarg;
			break;
		case OPTION_GROUP:
			c->group = optarg;
			break;
		case OPTION_LENGTH:
			c->length = optarg;
			break;
		case OPTION_TYPE:
			c->type = optarg;
			break;
		case OPTION_FORMAT:
			c->format = optarg;
			break;
		case OPTION_RULES:
			c->has_rules = true;
			break;
		case OPTION_ONCE:
			c->is_once = true;
			break;
		case OPTION_NAME:
			c->name = optarg;
			break;
		case OPTION_VERDICT:
			c->verdict = optarg;
			break;
		case OPTION_FOLLOW:
			c->is_following = true;
			break;
		case OPTION_SCOPE:
			c->scope = optarg;
			break;
		case 'h':
			w->is_help = true;
			break;
		case OPTION_VERSION:
			w->is_version = true;
			break;
		default:
			return CLI_USAGE; /* getopt has said why */
		}
	}
	c->args = argv + optind;
	c->arg_count = (size_t)(argc - optind);
	return 0;
}

static int dispatch(struct cli *c, const struct wishes *w)
{
	if (w->is_version) {
		puts("cenote " CENOTE_VERSION);
		return CLI_OK;
	}
	if (!c->arg_count)
		return print_help(w->is_help ? stdout : stderr);
	const char *name = c->args[0];
	if (!w->is_help) {
		c->args++;
		c->arg_count--;
	}
	if (w->is_help || !strcmp(name, "help"))
		return help(c);
	const struct command *k = find(name);
	if (!k)
		return cli_fail(CLI_USAGE, "there is no command `%s`; see `cenote help`", name);
	if (c->arg_count < k->min_args || c->arg_count > k->max_args)
		return cli_fail(CLI_USAGE, "usage: cenote %s", k->usage);
	if (((c->file || c->override_count) && !(k->flags & TAKES_CONFIG)) ||
		(c->is_json && !(k->flags & TAKES_JSON)) ||
		(c->client && !(k->flags & TAKES_CLIENT)) ||
		(c->group && !(k->flags & TAKES_GROUP)) ||
		(c->length && !(k->flags & TAKES_LENGTH)) ||
		(c->type && !(k->flags & (TAKES_EXPLAIN | TAKES_LOG))) ||
		((c->verdict || c->is_following) && !(k->flags & TAKES_LOG)) ||
		(c->format && !(k->flags & TAKES_FORMAT)) ||
		(c->name && !(k->flags & (TAKES_KEY | TAKES_LOG))) ||
		(c->scope && !(k->flags & TAKES_KEY)) ||
		(c->has_rules && !(k->flags & TAKES_LINT)) ||
		(c->is_once && !(k->flags & TAKES_ONCE)))
		return cli_fail(CLI_USAGE, "`%s` does not take this option; usage: cenote %s", name,
			k->usage);
	return k->function(c);
}

static int read_and_dispatch(int argc, char **argv, struct cli *c)
{
	struct wishes w = {0};
	const struct command *k = argc > 1 ? find(argv[1]) : NULL;
	if (k && k->flags & HAS_OWN && !(argc == 3 && !strcmp(argv[2], "--help"))) {
		c->args = argv + 2;
		c->arg_count = (size_t)argc - 2;
		return k->function(c);
	}
	int status = read_options(argc, argv, c, &w);
	return status ? status : dispatch(c, &w);
}

int main(int argc, char **argv)
{
	struct cli c = {0};
	c.overrides = calloc((size_t)argc + 1, sizeof *c.overrides);
	if (!c.overrides)
		return cli_fail(CLI_FAILED, "memory is short");
	int status = read_and_dispatch(argc, argv, &c);
	free(c.overrides);
	/* A full disk or a closed pipe behind our output is a failure too. */
	if (fflush(stdout) && !status)
		status = CLI_FAILED;
	return status;
}
