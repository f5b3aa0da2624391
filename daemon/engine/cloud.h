/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_CLOUD_H
#define ENGINE_CLOUD_H

#include "engine/names.h"
#include "flow/address.h"
#include "profile/profile.h"
#include "verdict/event.h"

/*
 * Whose cloud the far end is: by its name and the profiles, or, for what has
 * no name, by the profile of the process that sends. Used by the merge alone,
 * on the engine's thread.
 */
struct record;

struct clouds {
	const struct profiles *profiles;	/* NULL if there are none */
	/* Those to whose clouds something went. */
	const struct profile *met[PROFILE_MAX_FILES];
	size_t met_count;
};

/* Holds what one event says of its cloud, while it is handed on. */
struct cloud_room {
	char key[ADDRESS_PORT_TEXT_MAX];
	char domain[255];
	struct profile_words words;
	struct event_transfer transfer;
	struct span reasons[32];
	char source[96];
};

/* Fills the record's cloud, and its flow's name if it has none. A download
 * becomes an update-download where nothing but updates comes from. process is
 * the profile of the sender, or NULL. */
void cloud_lay(struct clouds *c, const struct names *names,
    const struct profile *process, struct record *r, struct cloud_room *room);

/* True if an event was of a cloud of that profile. */
bool cloud_has_met(const struct clouds *c, const struct profile *p);

#endif
