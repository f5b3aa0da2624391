// SPDX-License-Identifier: Apache-2.0
#include "service/message.h"

#include <string.h>

#include "evidence/event/event_json.h"

#define PACKET_MAX	262144u

#define IN(state)	(1u << STATE_##state)
#define FROM(role)	(1u << ROLE_##role)

struct rule {
	size_t len;			/* of the fixed part */
	uint32_t tail_max;
	unsigned from, to;		/* sets of roles */
	unsigned states;		/* of the hearer, in which it may come */
	bool has_fd;
};

#define FLOWING	(IN(RUNNING) | IN(ENDING))

static const struct rule rules[MESSAGE_KIND_COUNT] = {
	[MESSAGE_OPTION] = { sizeof(struct message_option), MESSAGE_TEXT_MAX,
		FROM(PARENT), FROM(ENGINE) | FROM(RECORDER), IN(STARTING),
		false },
	[MESSAGE_LINK] = { sizeof(struct message_empty), 0, FROM(PARENT),
		FROM(ENGINE) | FROM(RECORDER) | FROM(FINGERPRINTER) |
		FROM(OPENER), IN(STARTING), true },
	[MESSAGE_RESUME] = { sizeof(struct message_resume), MESSAGE_TEXT_MAX,
		FROM(PARENT), FROM(ENGINE), IN(STARTING), false },
	[MESSAGE_START] = { sizeof(struct message_empty), 0, FROM(PARENT),
		FROM(ENGINE) | FROM(RECORDER) | FROM(FINGERPRINTER) |
		FROM(OPENER), IN(STARTING), false },
	[MESSAGE_CAPTURE] = { sizeof(struct message_capture), 0, FROM(PARENT),
		FROM(ENGINE), FLOWING, true },
	[MESSAGE_CAPTURE_GONE] = { sizeof(struct message_capture_gone), 0,
		FROM(PARENT), FROM(ENGINE), FLOWING, false },
	[MESSAGE_EARLY] = { sizeof(struct message_early), PACKET_MAX,
		FROM(PARENT), FROM(ENGINE), FLOWING, false },
	[MESSAGE_OWNER] = { sizeof(struct message_owner),
		6 * MESSAGE_TEXT_MAX + MESSAGE_ARGS_MAX, FROM(PARENT), FROM(ENGINE),
		FLOWING, false },
	[MESSAGE_PROCESS] = { sizeof(struct message_process),
		6 * MESSAGE_TEXT_MAX + MESSAGE_ARGS_MAX, FROM(PARENT), FROM(ENGINE),
		FLOWING, false },
	[MESSAGE_SOCKET] = { sizeof(struct message_socket), 0, FROM(PARENT),
		FROM(ENGINE), FLOWING, false },
	[MESSAGE_PRINTS] = { sizeof(struct message_empty), 0, FROM(PARENT),
		FROM(ENGINE), FLOWING, true },
	[MESSAGE_FILE_EXPECT] = { sizeof(struct message_file_expect), 0,
		FROM(PARENT), FROM(ENGINE), FLOWING, false },
	[MESSAGE_OPENER] = { sizeof(struct message_empty), 0, FROM(PARENT),
		FROM(FINGERPRINTER), IN(RUNNING), true },
	[MESSAGE_FILE_FIND] = { sizeof(struct message_file_find),
		MESSAGE_TEXT_MAX, FROM(PARENT), FROM(OPENER), IN(RUNNING),
		false },
	[MESSAGE_FILE_HAND] = { sizeof(struct message_file_open), 0,
		FROM(PARENT), FROM(OPENER), IN(RUNNING), false },
	[MESSAGE_FILE_DROP] = { sizeof(struct message_file_drop), 0,
		FROM(PARENT), FROM(OPENER), IN(RUNNING), false },
	[MESSAGE_HASH] = { sizeof(struct message_hash), MESSAGE_TEXT_MAX,
		FROM(PARENT), FROM(OPENER), IN(RUNNING), false },
	[MESSAGE_OPENED] = { sizeof(struct message_opened), 0, FROM(OPENER),
		FROM(PARENT), FLOWING, false },
	[MESSAGE_OPENING] = { sizeof(struct message_empty), 0, FROM(OPENER),
		FROM(PARENT), FLOWING, false },
	[MESSAGE_FILE_OPEN] = { sizeof(struct message_file_open), 0,
		FROM(OPENER), FROM(FINGERPRINTER), IN(RUNNING), true },
	[MESSAGE_FILE_DONE] = { sizeof(struct message_file_done), 0,
		FROM(FINGERPRINTER), FROM(PARENT), FLOWING, false },
	[MESSAGE_PRINT] = { sizeof(struct message_print), MESSAGE_PACK_MAX,
		FROM(FINGERPRINTER), FROM(ENGINE), IN(RUNNING), false },
	[MESSAGE_FULL] = { sizeof(struct message_empty), 0, FROM(ENGINE),
		FROM(FINGERPRINTER), IN(RUNNING), false },
	[MESSAGE_FILE_READ] = { sizeof(struct message_file_read),
		7 * MESSAGE_TEXT_MAX + MESSAGE_ARGS_MAX, FROM(PARENT), FROM(ENGINE),
		FLOWING, false },
	[MESSAGE_CLIENT] = { sizeof(struct message_client),
		6 * MESSAGE_TEXT_MAX + MESSAGE_ARGS_MAX, FROM(PARENT),
		FROM(ENGINE), FLOWING, false },
	[MESSAGE_UNWATCHED] = { sizeof(struct message_unwatched), 0,
		FROM(PARENT), FROM(ENGINE), FLOWING, false },
	[MESSAGE_HOLD] = { sizeof(struct message_hold), 0, FROM(PARENT),
		FROM(ENGINE), FLOWING, false },
	[MESSAGE_END] = { sizeof(struct message_end), 0, FROM(PARENT),
		FROM(ENGINE), FLOWING, false },
	[MESSAGE_GUESS] = { sizeof(struct message_guess), 0, FROM(PARENT),
		FROM(ENGINE), FLOWING, false },
	[MESSAGE_MARK] = { sizeof(struct message_mark), MESSAGE_TEXT_MAX,
		FROM(PARENT), FROM(ENGINE), FLOWING, false },
	[MESSAGE_KEYS] = { sizeof(struct message_text), MESSAGE_KEYS_MAX,
		FROM(PARENT), FROM(ENGINE), FLOWING, false },
	[MESSAGE_SESSION] = { sizeof(struct message_session), 0, FROM(PARENT),
		FROM(ENGINE), FLOWING, false },
	[MESSAGE_PLAINTEXT] = { sizeof(struct message_plaintext),
		MESSAGE_PLAINTEXT_MAX, FROM(PARENT), FROM(ENGINE), FLOWING,
		false },
	[MESSAGE_SESSION_END] = { sizeof(struct message_session_end), 0,
		FROM(PARENT), FROM(ENGINE), FLOWING, false },
	[MESSAGE_DRAINED] = { sizeof(struct message_drained), 0, FROM(PARENT),
		FROM(ENGINE), FLOWING, false },
	[MESSAGE_NUMBER] = { sizeof(struct message_number), 0, FROM(PARENT),
		FROM(ENGINE), IN(RUNNING), false },
	[MESSAGE_FINISH] = { sizeof(struct message_finish), 0, FROM(PARENT),
		FROM(ENGINE), IN(RUNNING), false },
	[MESSAGE_LAST] = { sizeof(struct message_last), 0, FROM(PARENT),
		FROM(ENGINE), IN(ENDING), false },
	[MESSAGE_READY] = { sizeof(struct message_empty), 0,
		FROM(ENGINE) | FROM(RECORDER) | FROM(FINGERPRINTER) |
		FROM(OPENER), FROM(PARENT), IN(STARTING) | FLOWING, false },
	[MESSAGE_DRAIN] = { sizeof(struct message_drain), 0, FROM(ENGINE),
		FROM(PARENT), FLOWING, false },
	[MESSAGE_ASK] = { sizeof(struct message_ask), 0, FROM(ENGINE),
		FROM(PARENT), FLOWING, false },
	[MESSAGE_CLOUD] = { sizeof(struct message_cloud), 0, FROM(ENGINE),
		FROM(PARENT), FLOWING, false },
	[MESSAGE_QUIET] = { sizeof(struct message_quiet), 0, FROM(ENGINE),
		FROM(PARENT), IN(ENDING), false },
	[MESSAGE_DONE] = { sizeof(struct message_done), 0, FROM(ENGINE),
		FROM(PARENT), IN(ENDING), false },
	[MESSAGE_FAILED] = { sizeof(struct message_text), MESSAGE_TEXT_MAX,
		FROM(ENGINE) | FROM(RECORDER), FROM(PARENT),
		IN(STARTING) | FLOWING, false },
	[MESSAGE_LINE] = { sizeof(struct message_text), EVENT_LINE_MAX,
		FROM(ENGINE), FROM(RECORDER), FLOWING, false },
	[MESSAGE_PACKET] = { sizeof(struct message_packet), PACKET_MAX,
		FROM(ENGINE), FROM(RECORDER), FLOWING, false },
	[MESSAGE_PACKET_OWNER] = { sizeof(struct message_packet_owner),
		MESSAGE_TEXT_MAX, FROM(ENGINE), FROM(RECORDER), FLOWING,
		false },
	[MESSAGE_SECRETS] = { sizeof(struct message_text),
		MESSAGE_SECRETS_MAX, FROM(ENGINE), FROM(RECORDER), FLOWING,
		false },
	[MESSAGE_TEXT] = { sizeof(struct message_text), MESSAGE_FILE_MAX,
		FROM(ENGINE), FROM(RECORDER), FLOWING, false },
	[MESSAGE_FILE] = { sizeof(struct message_file), MESSAGE_FILE_MAX,
		FROM(ENGINE), FROM(RECORDER), FLOWING, false },
	[MESSAGE_ROOT] = { sizeof(struct message_empty), 0, FROM(ENGINE),
		FROM(RECORDER), FLOWING, false },
	[MESSAGE_CLOSE] = { sizeof(struct message_empty), 0, FROM(ENGINE),
		FROM(RECORDER), FLOWING, false },
	[MESSAGE_ROOT_IS] = { sizeof(struct message_root_is), 0,
		FROM(RECORDER), FROM(ENGINE), FLOWING, false },
	[MESSAGE_HISTORY_NEXT] = { sizeof(struct message_empty), 0,
		FROM(ENGINE), FROM(RECORDER), FLOWING, false },
	[MESSAGE_HISTORY] = { sizeof(struct message_history), 0,
		FROM(RECORDER), FROM(ENGINE), IN(RUNNING), true },
	[MESSAGE_RELINK] = { sizeof(struct message_empty), 0, FROM(PARENT),
		FROM(RECORDER) | FROM(FINGERPRINTER) | FROM(OPENER), FLOWING,
		true },
	[MESSAGE_ABORT] = { sizeof(struct message_empty), 0, FROM(PARENT),
		FROM(RECORDER), IN(STARTING) | FLOWING, false },
	[MESSAGE_POSITION] = { sizeof(struct message_position), 0,
		FROM(RECORDER), FROM(PARENT), IN(STARTING) | FLOWING, false },
	[MESSAGE_CLOSED] = { sizeof(struct message_empty), 0, FROM(RECORDER),
		FROM(PARENT), FLOWING, false },
};

_Static_assert(sizeof(struct message_head) == 8, "no holes");
_Static_assert(sizeof(struct message_process) == 124 + 4, "no holes");
_Static_assert(sizeof(struct message_early) == 32, "no holes");
_Static_assert(sizeof(struct message_hold) == 80, "no holes");
_Static_assert(sizeof(struct message_packet) == 40, "no holes");
_Static_assert(sizeof(struct message_session) == 72, "no holes");

size_t
message_len(uint32_t kind)
{
	return kind < MESSAGE_KIND_COUNT ? rules[kind].len : 0;
}

bool
message_has_fd(uint32_t kind)
{
	return kind < MESSAGE_KIND_COUNT && rules[kind].has_fd;
}

int
message_check_head(enum role from, enum role to, enum state state,
    const struct message_head *head)
{
	const struct rule *r;

	if (!message_len(head->kind))
		return ERR_MALFORMED;
	r = &rules[head->kind];
	if (!(r->from >> from & 1) || !(r->to >> to & 1) ||
	    !(r->states >> state & 1))
		return ERR_MALFORMED;
	if (head->len < r->len || head->len - r->len > r->tail_max)
		return ERR_MALFORMED;
	return 0;
}

/* A text that is too long makes the sum impossible, whatever the others are. */
static uint64_t
sum(const uint32_t *lens, size_t count, uint32_t max)
{
	uint64_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += lens[i] <= max ? lens[i] : UINT32_MAX;
	return n;
}

static uint64_t
process_tail(const struct message_process *p)
{
	const uint32_t texts[] = { p->executable_len, p->name_len,
		p->cgroup_len, p->unit_len, p->container_len, p->other_len };

	return sum(texts, sizeof(texts) / sizeof(*texts), MESSAGE_TEXT_MAX) +
	       sum(&p->args_len, 1, MESSAGE_ARGS_MAX);
}

/* How long the run of bytes behind the struct is, as the struct says. */
static uint64_t
tail_len(uint32_t kind, const void *body)
{
	switch (kind) {
	case MESSAGE_OPTION:
		return ((const struct message_option *)body)->text_len;
	case MESSAGE_RESUME:
		return ((const struct message_resume *)body)->text_len;
	case MESSAGE_MARK:
		return ((const struct message_mark *)body)->text_len;
	case MESSAGE_PLAINTEXT:
		return ((const struct message_plaintext *)body)->text_len;
	case MESSAGE_OWNER:
		return process_tail(
		    &((const struct message_owner *)body)->process);
	case MESSAGE_CLIENT:
		return process_tail(
		    &((const struct message_client *)body)->process);
	case MESSAGE_PROCESS:
		return process_tail(body);
	case MESSAGE_FILE_READ: {
		const struct message_file_read *r = body;

		return process_tail(&r->process) +
		       sum(&r->path_len, 1, MESSAGE_TEXT_MAX);
	}
	case MESSAGE_FILE_FIND:
		return ((const struct message_file_find *)body)->path_len;
	case MESSAGE_HASH:
		return ((const struct message_hash *)body)->path_len;
	case MESSAGE_FAILED:
	case MESSAGE_KEYS:
	case MESSAGE_SECRETS:
	case MESSAGE_LINE:
	case MESSAGE_TEXT:
		return ((const struct message_text *)body)->text_len;
	case MESSAGE_EARLY:
		return ((const struct message_early *)body)->cap_len;
	case MESSAGE_PACKET:
		return ((const struct message_packet *)body)->cap_len;
	case MESSAGE_PACKET_OWNER:
		return ((const struct message_packet_owner *)body)->text_len;
	case MESSAGE_FILE:
		return ((const struct message_file *)body)->text_len;
	case MESSAGE_PRINT:
		return ((const struct message_print *)body)->text_len;
	default:
		return 0;
	}
}

static bool
values_are_known(uint32_t kind, const void *body)
{
	uint32_t v;

	if (kind == MESSAGE_OPTION) {
		v = ((const struct message_option *)body)->option;
		return v > 0 && v < OPTION_KIND_COUNT;
	}
	if (kind == MESSAGE_FILE) {
		v = ((const struct message_file *)body)->file;
		return v > 0 && v < FILE_KIND_COUNT;
	}
	if (kind == MESSAGE_FILE_EXPECT)
		return ((const struct message_file_expect *)body)->fate <
		       EXPECT_FATE_COUNT;
	if (kind == MESSAGE_OPENED)
		return ((const struct message_opened *)body)->how <
		       OPENED_HOW_COUNT;
	if (kind == MESSAGE_PRINT) {
		const struct message_print *p = body;

		return p->fate < PRINT_FATE_COUNT &&
		       (p->fate == PRINT_MADE) == (p->text_len > 0);
	}
	return true;
}

int
message_check(enum role from, enum role to, enum state state,
    const struct message_head *head, const void *body, size_t len)
{
	int err = message_check_head(from, to, state, head);
	size_t fixed;

	if (err)
		return err;
	fixed = rules[head->kind].len;
	if (len < fixed || head->len - fixed != tail_len(head->kind, body) ||
	    !values_are_known(head->kind, body))
		return ERR_MALFORMED;
	return 0;
}
