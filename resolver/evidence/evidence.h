/* SPDX-License-Identifier: BSD-2-Clause
 * Which device is a bot? Takes what the workers see, keeps the evidence of each client, opens cases, and tells the path which clients have one.
 *
 * Threads: one of its own, which alone takes events up. evidence_put is each worker's for its own ring; evidence_knock, the questions about cases and
 *          evidence_decide may come from any thread but the workers'.
 * Owns: its memory, bounded by `evidence.clients`, and the state file in the state folder.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "resolver/base/config.h"
#include "resolver/base/err.h"
#include "resolver/evidence/cases.h"
#include "resolver/evidence/event.h"
#include "resolver/evidence/notice/notices.h"
#include "resolver/evidence/report/report.h"
#include "resolver/evidence/sinkhole/sinkhole.h"
#include "resolver/evidence/suspects.h"

struct evidence;

struct evidence_info {
	struct engine_counters engine;
	uint64_t lost_events; /* the rings were full */
	uint64_t lost_knocks;
	struct sinkhole_counters sinkhole; /* all 0: none listens */
	struct notices_info notices[NOTICES_RECEIVERS];
	uint64_t saves, failed_saves;
	uint32_t clients, cases, live_cases;
	int32_t bound; /* over which a client is a case, milli-nats */
	char problem[256]; /* of the state file; "": none */
};

/* A case in a few words. */
struct evidence_brief {
	uint64_t id;
	enum case_state state;
	char family[CASE_FAMILY_TEXT]; /* the surest; "": none */
};

/* What the configuration says of the test; with a new secret for tokens. */
void evidence_engine_options(const struct config *c, struct engine_options *out);

/* `config` is read during the call only; `evidence.mode` is the workers' to obey. A state file that is damaged is set aside, one that may not be read left alone, and
 * both are said; it is no failure. */
int evidence_open(
	const struct config *config, unsigned workers, struct evidence **out, struct err *why);
int evidence_start(struct evidence *e, struct err *why);
/* What of it takes effect at a reload: who is a client (`access`), and who is not judged. */
void evidence_reconfigure(struct evidence *e, const struct config *config);
/* Takes up what is left, saves, and joins the thread. NULL is allowed, as in the next. */
void evidence_stop(struct evidence *e);
void evidence_free(struct evidence *e);

/* Worker `index`: copies the event into its ring; a full ring drops and counts it. */
void evidence_put(struct evidence *e, unsigned worker, const struct evidence_event *event);
/* Where the table of clients with a live case is published, for readers under liburcu-qsbr. */
const struct suspects *_Atomic *evidence_suspects(struct evidence *e);

/* The secret of the tokens (token.h). */
uint64_t evidence_token_seed(const struct evidence *e);

/* A contact with the sinkhole. */
void evidence_knock(struct evidence *e, const struct knock *knock);

/* All copies are without what `evidence.privacy` withholds. Copies at most `max` cases, the newest first, those in `state` (CASE_STATE_COUNT: in any) with numbers below `before` (0: from the newest on). Returns
 * how many. */
size_t evidence_cases(struct evidence *e, enum case_state state, uint64_t before,
	struct evidence_case *out, size_t max);
/* 0 or CEN_ENOTFOUND. */
int evidence_case(struct evidence *e, uint64_t id, struct evidence_case *out);
/* Of one client, an address or a prefix's: at most `max` cases, the newest first. Returns how many. */
size_t evidence_client_cases(
	struct evidence *e, const struct addr *address, struct evidence_brief *out, size_t max);
/* Its case that is open or acknowledged; 0: none. */
uint64_t evidence_client_case(struct evidence *e, const struct addr *address);
/* Changes its state; what follows from it acts within a second, and it is kept. 0 or CEN_ENOTFOUND. */
int evidence_decide(struct evidence *e, uint64_t id, enum case_state state, const char *note,
	struct evidence_case *out);
/* The case with its client's address in spite of the alias; counted, kept with the case, and for the caller to log. 0, CEN_ENOTFOUND, or CEN_EREFUSED: clients are not
 * kept. */
int evidence_unseal(struct evidence *e, uint64_t id, struct evidence_case *out);
void evidence_info(struct evidence *e, struct evidence_info *out);
/* Who reports, as the configuration has it at the start; borrowed while `e` lives. */
void evidence_reporter(const struct evidence *e, struct report_context *out);
