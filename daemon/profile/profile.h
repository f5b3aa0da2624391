/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROFILE_PROFILE_H
#define PROFILE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

/*
 * What is published about the products of each vendor: their processes, the
 * hosts that they talk to, what for, and what the vendor says is sent. One
 * YAML file per vendor in profiles/; every fact bears its source and how far
 * it can be trusted. A set is loaded and sealed before the engine starts and
 * only read from then on, from any thread.
 */
#define PROFILE_MAX_FILES	256
#define PROFILE_MAX_FILE_LEN	(1u << 20)
#define PROFILE_MATCH_MAX	8

enum profile_confidence {
	PROFILE_VENDOR_DOC,
	PROFILE_THIRD_PARTY_LIST,
	PROFILE_RECOLLECTION,		/* remembered, no text at hand */
};

enum profile_purpose {
	PROFILE_REPUTATION_LOOKUP,
	PROFILE_URL_REPUTATION,
	PROFILE_SAMPLE_SUBMISSION,
	PROFILE_TELEMETRY,
	PROFILE_UPDATE,
	PROFILE_MANAGEMENT,
	PROFILE_LICENSING,
	PROFILE_UNKNOWN,
};

enum profile_transport {
	PROFILE_HTTPS,
	PROFILE_HTTP,
	PROFILE_HTTP_HTTPS,
	PROFILE_TCP,
	PROFILE_UDP,
	PROFILE_TCP_UDP,
	PROFILE_DNS,			/* the data is in the name asked for */
	PROFILE_WSS,
	PROFILE_MQTT_TLS,
};

enum profile_scope {
	PROFILE_INTERNET,
	PROFILE_PRIVATE_NETWORK,	/* the site's own server */
};

enum profile_os {
	PROFILE_LINUX,
	PROFILE_WINDOWS,
	PROFILE_MACOS,
	PROFILE_OS_COUNT,
};

/* Exactly one of the first six is set; all may hold '*' and '?'. */
struct profile_process {
	char *exe;		/* a path, or on Windows a base name */
	char *comm;		/* the name in the kernel or the process list */
	char *unit;		/* of systemd */
	char *service;		/* of Windows */
	char *path;		/* a folder, or the file itself */
	char *sysext;		/* a macOS system extension */
	char *note, *source;
	enum profile_confidence confidence;
	bool updates;		/* it fetches updates, and does nothing else */
};

struct profile_endpoint {
	char *pattern;		/* a host name, an address or "*" */
	uint16_t *ports;
	unsigned ports_count;
	enum profile_transport transport;
	enum profile_purpose purpose;
	enum profile_scope scope;
	char *network;		/* "KSN", NULL if it has no name */
	char *note, *source;
	enum profile_confidence confidence;
	bool shared;		/* other profiles may claim the same pattern */
	bool with_process;	/* strangers use such hosts, too: it counts only
				 * for a process of this profile */
	/* laid down by profiles_seal() */
	const struct profile *profile;
	char *key;		/* vendor and network */
	char *origin;		/* profile, confidence and source */
};

struct profile_source {
	char *title, *url;
};

struct profile {
	char *id, *vendor;
	char **products;
	unsigned products_count;
	struct {
		struct profile_process *list;
		unsigned list_count;
	} processes[PROFILE_OS_COUNT];
	struct profile_endpoint *endpoints;
	unsigned endpoints_count;
	char **sends, **quirks;	/* what the vendor says is sent */
	unsigned sends_count, quirks_count;
	/* The categories of data that the vendor's own sentences name, as read
	 * by whoever wrote the profile. None: there is no such text at hand. */
	char **mentions;
	unsigned mentions_count;
	struct profile_source *sources;
	unsigned sources_count;
};

struct profiles;

struct profiles *profiles_new(void);
void profiles_free(struct profiles *set);

/* Adds a file, or every *.yaml of a folder in the order of names. The set is
 * as it was, and profiles_error() says why, if any of them is wrong. */
int profiles_load(struct profiles *set, const char *path) must_check;
/* One profile from memory; name is for messages and, less ".yaml", its id. */
int profiles_load_text(struct profiles *set, const char *name,
    const void *data, size_t len) must_check;

/* Drops all but those named. -ENOENT if there is none of that id. */
int profiles_keep(struct profiles *set, const char *const *ids, size_t count)
	must_check;

/* No more profiles: checks them against each other and makes the index. */
int profiles_seal(struct profiles *set) must_check;

/* The last failure, with file and line; lives as long as the set. */
const char *profiles_error(const struct profiles *set);

/* In the order of their ids, once sealed. */
size_t profiles_count(const struct profiles *set);
const struct profile *profiles_at(const struct profiles *set, size_t i);
const struct profile *profiles_find(const struct profiles *set,
    const char *id);
/* SHA-256 of all that was loaded and kept. */
void profiles_digest(const struct profiles *set, uint8_t ret_sha256[32]);

/*
 * Where the data lies: $TELLTAP_PROFILES, else ../share/telltap/profiles or
 * the source tree's ../daemon/profile/profiles beside the running program.
 * NULL if there is none. The caller frees it.
 */
char *profiles_default_dir(void);

/* The endpoints that fit best; more than one where their profiles differ or
 * one host serves several purposes. */
struct profile_match {
	size_t count;
	const struct profile_endpoint *endpoints[PROFILE_MATCH_MAX];
};

/*
 * profile_match_host - the most specific pattern that the host name fits and,
 * of its endpoints, those with that port if there are any. process may be
 * NULL. Addresses never match.
 */
bool profile_match_host(const struct profiles *set, struct span host,
    uint16_t port, const struct profile *process,
    struct profile_match *ret_match);

/* An endpoint of that process's profile that is known by its port alone. */
bool profile_match_port(const struct profile *process, uint16_t port,
    struct profile_match *ret_match);

/*
 * profile_match_address - endpoints that a profile names by that address. Others
 * use most such addresses, too (a public resolver), so that one counts for a
 * flow only with the product's process; with NULL all profiles are looked
 * through, for people who ask.
 */
bool profile_match_address(const struct profiles *set, const char *address,
    uint16_t port, const struct profile *process,
    struct profile_match *ret_match);

/* Whose process that is, by its executable, else its unit, else its name;
 * NULL if nobody's. Any of the three may be empty. */
const struct profile *profile_match_process(const struct profiles *set,
    struct span exe, struct span unit, struct span name);

/* Whether a program of that profile, by its executable, is there for updates. */
bool profile_fetches_updates(const struct profile *p, struct span exe);

/* '*' and '?' against a whole text, ASCII case ignored; '*' spans '/'. */
bool profile_glob(const char *pattern, struct span text);

/* What can be said of a match. Where its endpoints differ, their texts are
 * joined by " or "; room is for those. */
struct profile_words {
	struct span vendor, network, purpose, source, key;
	bool update;		/* nothing but updates comes from there */
	char room[5][512];
};

void profile_match_words(const struct profile_match *match,
    struct profile_words *ret_words);

const char *profile_confidence_name(enum profile_confidence c);
const char *profile_purpose_name(enum profile_purpose p);
const char *profile_transport_name(enum profile_transport t);
const char *profile_scope_name(enum profile_scope s);
const char *profile_os_name(enum profile_os os);

#endif
