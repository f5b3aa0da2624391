// SPDX-License-Identifier: Apache-2.0
#include "service/engine_reads.h"

#include <stdlib.h>
#include <string.h>

/* Above the first no more are asked for; what was on its way by then fits below
 * the second, and what does not is left out. */
#define BYTES_WANTED	(256ull << 20)
#define BYTES_MAX	(BYTES_WANTED + (64ull << 20))
#define FILES_WANTED	16384u
#define FILES_MAX	(FILES_WANTED + 4096u)

/* What became of the last so many, by the parent's numbers. */
#define FATES		65536

/* Beside enum print_fate, of which PRINT_MADE is one that has joined. */
#define FATE_PENDING	0x40u
/* Told of before the parent's word of it was heard. */
#define FATE_AHEAD	0x80u

struct engine_reads {
	const struct telltap_known *given;
	struct telltap_known *known;	/* sealed: the engine's; NULL at first */
	struct telltap_known *more;	/* goes on from it, to be sealed */
	struct engine_reads_count count;
	size_t pending;
	uint8_t fates[FATES];
};

struct engine_reads *
engine_reads_new(const struct telltap_known *known)
{
	struct engine_reads *r = calloc(1, sizeof(*r));

	if (r)
		r->given = known;
	return r;
}

void
engine_reads_free(struct engine_reads *r)
{
	if (!r)
		return;
	telltap_known_free(r->more);
	telltap_known_free(r->known);
	free(r);
}

static void
count_fate(struct engine_reads *r, enum print_fate fate)
{
	r->count.joined += fate == PRINT_MADE;
	r->count.uncertain += fate == PRINT_UNCERTAIN;
	r->count.large += fate == PRINT_LARGE;
	r->count.left_out += fate == PRINT_LEFT_OUT;
}

void
engine_reads_expect(struct engine_reads *r, const struct message_file_expect *m)
{
	static const uint8_t fates[EXPECT_FATE_COUNT] = {
		[EXPECT_PRINT] = FATE_PENDING,
		[EXPECT_LEFT_OUT] = PRINT_LEFT_OUT,
		[EXPECT_GONE] = PRINT_GONE,
		[EXPECT_NONE] = PRINT_NONE,
	};
	uint8_t *fate = &r->fates[m->number % FATES];

	if (*fate & FATE_AHEAD) {
		*fate &= (uint8_t)~FATE_AHEAD;
		return;
	}
	/* One that never came, so many numbers ago, does not come any more. */
	r->pending -= *fate == FATE_PENDING;
	*fate = fates[m->fate];
	r->pending += m->fate == EXPECT_PRINT;
	r->count.left_out += m->fate == EXPECT_LEFT_OUT;
	r->count.gone += m->fate == EXPECT_GONE;
}

/* known_grow() copies what there is, so it is done once for all that come
 * before the next packet. */
static int
grow(struct engine_reads *r)
{
	return r->more ? 0 :
			 telltap_known_grow(r->known ? r->known : r->given,
			     &r->more);
}

static int
take(struct engine_reads *r, const struct message_print *m, const uint8_t *pack,
    enum print_fate *ret_fate)
{
	int got;

	if (r->count.joined >= FILES_MAX ||
	    r->count.bytes + m->text_len > BYTES_MAX || grow(r)) {
		*ret_fate = PRINT_LEFT_OUT;
		return 0;
	}
	got = telltap_known_unpack(r->more, pack, m->text_len, m->of_product);
	/* Half of the file may be in, so that none of them can be used. */
	if (got < 0)
		return got;
	*ret_fate = got ? PRINT_KNOWN : PRINT_MADE;
	if (!got)
		r->count.bytes += m->text_len;
	return 0;
}

int
engine_reads_print(struct engine_reads *r, const struct message_print *m,
    const uint8_t *pack)
{
	uint8_t *fate = &r->fates[m->number % FATES];
	bool expected = *fate == FATE_PENDING;
	enum print_fate now = (enum print_fate)m->fate;
	int err = now == PRINT_MADE ? take(r, m, pack, &now) : 0;

	if (err)
		return err;
	count_fate(r, now);
	*fate = (uint8_t)now | (expected ? 0 : FATE_AHEAD);
	r->pending -= expected;
	return 0;
}

size_t
engine_reads_pending(const struct engine_reads *r)
{
	return r ? r->pending : 0;
}

bool
engine_reads_is_pending(const struct engine_reads *r, uint32_t number)
{
	return r && number && r->fates[number % FATES] == FATE_PENDING;
}

void
engine_reads_give_up(struct engine_reads *r)
{
	for (size_t i = 0; r->pending && i < FATES; i++) {
		if (r->fates[i] != FATE_PENDING)
			continue;
		r->fates[i] = PRINT_LEFT_OUT;
		r->count.left_out++;
		r->pending--;
	}
}

bool
engine_reads_is_full(const struct engine_reads *r)
{
	return r->count.joined >= FILES_WANTED || r->count.bytes >= BYTES_WANTED;
}

int
engine_reads_join(struct engine_reads *r, struct telltap_engine *engine)
{
	int err;

	if (!r || !r->more)
		return 0;
	err = telltap_known_seal(r->more);
	if (!err)
		err = telltap_engine_known(engine, r->more);
	telltap_known_free(r->known);
	r->known = r->more;
	r->more = NULL;
	return err;
}

void
engine_reads_counts(const struct engine_reads *r,
    struct engine_reads_count *ret_count)
{
	*ret_count = r->count;
}

const char *
engine_reads_word(const struct engine_reads *r, uint32_t number)
{
	static const char *const words[PRINT_FATE_COUNT] = {
		[PRINT_MADE] = "joined",
		[PRINT_KNOWN] = "known",
		[PRINT_UNCERTAIN] = "uncertain",
		[PRINT_LARGE] = "large",
		[PRINT_LEFT_OUT] = "left-out",
		[PRINT_GONE] = "gone",
	};
	unsigned fate = r && number ?
	    r->fates[number % FATES] & ~FATE_AHEAD : PRINT_NONE;

	return fate < PRINT_FATE_COUNT ? words[fate] : NULL;
}
