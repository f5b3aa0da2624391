/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_MODEL_H
#define REPORT_MODEL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "report/table.h"
#include "verdict/event.h"

/*
 * What events add up to. Every format of the report is written from this, and
 * from nothing else. Texts are untrusted, cut at MODEL_TEXT_MAX bytes, and live
 * as long as the model.
 */

#define MODEL_TEXT_MAX		1024
#define MODEL_DESTS_MAX		4096
#define MODEL_FILES_MAX		4096
#define MODEL_HASHES_MAX	16384
#define MODEL_URLS_MAX		16384
#define MODEL_ANOMALIES_MAX	1024
#define MODEL_INPUTS_MAX	1024
#define MODEL_PROCESSES_MAX	4096
#define MODEL_CATEGORIES_MAX	4096
#define MODEL_READS_MAX		16384
#define MODEL_VOLUMES_MAX	4096
#define MODEL_HOSTS_MAX		16384
#define MODEL_SLOTS		96

/* Kinds, as few as a picture can tell apart. */
enum model_group {
	GROUP_FILES,
	GROUP_LOOKUPS,
	GROUP_TELEMETRY,
	GROUP_OTHER,
	GROUP_OPAQUE,
	GROUP_COUNT,
};

enum model_group model_group_of(enum kind k);

/* Outbound bytes of transfers by the time they began: slot n holds those of
 * width_s seconds from (first + n) * width_s on. The width is the least power
 * of two for which all of them have a slot, whatever order they came in. */
struct model_time {
	uint64_t width_s, first;
	size_t count;
	uint64_t out[MODEL_SLOTS][GROUP_COUNT];
};

/* One process that sent, or was watched. */
struct model_process {
	struct table_row row;
	uint64_t pid, parent_pid, user, start_ns;
	struct span executable, args, unit, container;
	struct span source, certainty;	/* the least certain seen */
	struct span shared_with;	/* another one with the same socket */
	uint8_t sha256[32];
	bool has_sha256, accepted, outside;
	uint64_t flows, transfers, transfer_out, ambiguous;
	uint64_t shown_out;	/* of transfer_out, when last looked at */
};

/* One category of data to one destination. */
struct model_category {
	struct table_row row;
	struct model_dest *dest;
	struct span category, path, why, first_transfer;
	uint64_t transfers, places, first_ns;
	uint64_t last_flow, last_transfer;	/* counted already */
};

#define MODEL_VENDORS_MAX	256
#define MODEL_SAYS_MAX		64
#define MODEL_CATEGORY_NAMES	32	/* room for those of category_names */

/* What is published of a vendor's products beside what was found; both by the
 * index in category_names. */
struct model_vendor {
	struct table_row row;		/* keyed by the profile's id */
	struct span vendor, profile;
	const struct span *says;
	size_t says_count, says_more;
	bool named[MODEL_CATEGORY_NAMES];
	bool names_any;			/* else there is nothing to compare */
	uint64_t found[MODEL_CATEGORY_NAMES];	/* transfers; model_settle() */
};

/* One file that a watched process read. */
struct model_read {
	struct table_row row;
	struct span path;
	struct model_process *process;
	uint64_t size, bytes, first_ns, last_ns;
	bool whole, mapped;
	bool name_left;		/* one of that name left; by model_settle() */
};

/* One host name; an address where the name is not known. Keyed by it. */
struct model_host {
	struct table_row row;
	bool named;
};

/* One destination and purpose. */
struct model_volume {
	struct table_row row;
	struct model_dest *dest;
	struct span purpose;
	uint64_t transfers;
	uint64_t out[GROUP_COUNT];
};

/* One cloud, else one host name, else one address and port. */
struct model_dest {
	struct table_row row;
	struct span name;		/* what people call it */
	struct span address;		/* the first one seen, */
	struct packet_addr remote;	/* which is this one, */
	uint8_t ip_version;		/* written as one of that version */
	bool several_addresses;
	struct span vendor, network, purpose;
	uint64_t first_ns, last_ns;
	uint64_t flows, transfers;
	uint64_t flow_out, flow_in;	/* payload of ended flows */
	uint64_t open_out, open_in;	/* of transfers of the others */
	uint64_t understood_out, undeciphered_out, encrypted_out, missing_out;
	uint64_t by_kind[KIND_COUNT];
	uint64_t inferred[KIND_COUNT];	/* of by_kind, those of that grade */
	uint64_t limited;	/* transfers not looked into to their end */
	bool named;		/* by a profile or a host name */
	uint64_t whole_files;		/* of the user; set by model_settle() */
	uint64_t shown_out;	/* sent, when last looked at */
	/* The rows that its last event counted in: mostly the next one's. */
	struct model_host *host;
	bool host_is_key;		/* its host has the row's key for a name */
	struct model_volume *volume;
	struct model_category *category;
};

/* One file, or one part of it, to one destination. */
struct model_file {
	struct table_row row;
	struct model_dest *dest;
	struct span name, mime_type, origin, encodings, also, reasons;
	struct span first_transfer;	/* its id */
	uint8_t sha256[32];
	bool has_sha256, known, ambiguous, declared;
	bool kept;			/* its bytes are in the case */
	bool whole;			/* all of it went out */
	bool again;			/* another row stands for the file, too,
					 * and knows as much of it or more */
	enum grade grade;
	enum visibility visibility;
	uint64_t size, sent_bytes;	/* size: UINT64_MAX if not known */
	double coverage;
	uint64_t transfers;
	uint64_t first_ns, last_ns;
	uint64_t packet_first, packet_last;
	uint64_t one_last_ns, one_packet_last;	/* of the first transfer */
	struct model_process *process;	/* of the first transfer, or NULL */
	struct span community_id;	/* of its flow */
	struct span earlier;		/* who got the same file before */
	bool own;			/* not all of it was somebody else's */
	bool outside;			/* some of it was a descendant's */
	struct span behalf;		/* whose it was, if it came in first */
};

struct model_hash {
	struct table_row row;
	struct model_dest *dest;
	struct span algorithm, value, encoding, path, file_name;
	bool known;
	uint64_t count, first_ns;
	struct span first_transfer;
};

struct model_url {
	struct table_row row;
	struct model_dest *dest;
	struct span url;
	uint64_t count, first_ns;
	struct span first_transfer;
};

struct model_anomaly {
	struct table_row row;		/* keyed by kind and flow */
	struct span what, detail;
	uint64_t count, first_ns, flow, packet;
	struct span dest;
};

#define MODEL_MARKS_MAX 256u

/* From one mark to the next; the first phase is that before any mark. */
struct model_phase {
	struct span text;		/* of the mark; empty: the first */
	uint64_t start_ns;		/* of the mark; 0: the first */
	uint64_t transfers, payload_out;
	uint64_t kinds[KIND_COUNT];
	uint64_t out[GROUP_COUNT];
};

struct model_input {
	struct span name;
	uint64_t size;
	uint8_t sha256[32];
	bool has_sha256;
};

struct model_open;

struct model {
	struct arena arena;
	struct buf scratch;
	struct table dests, files, hashes, urls, anomalies;
	struct table processes, categories, reads, volumes, hosts, vendors;
	struct model_time time;
	struct model_dest other;	/* destinations above the ceiling */
	struct model_open *open;		/* model_open.c */
	struct model_input *inputs;
	size_t input_count;
	uint64_t inputs_more;
	struct span version;
	struct span options;
	struct span filter;		/* what packets had to fit */
	uint64_t known_files;
	struct event_totals totals;	/* of the last summary */
	bool has_totals;
	uint64_t by_kind_grade[KIND_COUNT][GRADE_COUNT];
	uint64_t pieced_files;	/* whole files that went out in pieces */
	uint64_t events, next_sequence;
	uint64_t ignored_out, ignored_in;	/* captured, in no stream */
	uint64_t joined_flows;	/* that were there before their capture */
	/* transfers by how they were seen, and their payload out */
	uint64_t by_visibility[VISIBILITY_COUNT];
	uint64_t visibility_out[VISIBILITY_COUNT];
	uint64_t unattributed;	/* transfers of no known process */
	uint64_t sequence_holes;	/* events that the log lacks */
	uint64_t unknown_events;	/* of actions not known here */
	uint64_t first_ns, last_ns;
	struct model_phase *phases;	/* by time; none without a mark */
	struct model_phase before_marks;
	const char *only;		/* a phase's name: of it alone; NULL */
	uint64_t begun_ns, ended_ns;	/* first and last event */
	size_t phase_count;
	uint64_t marks_more;
	uint64_t parts_missing;	/* of a case in parts */
	uint64_t interrupted;	/* times the recorder was cut short */
	bool in_parts;		/* of a case, of which each part has a log */
	bool has_log;		/* of a case: its lines before the seal */
	uint64_t log_lines;
	uint8_t log_root[32];
};

struct model *model_new(void);
void model_free(struct model *m);

/* Counts an event. Returns 0 or -ENOMEM. */
int model_add(struct model *m, const struct event *e) must_check;

/* What only the whole tells: files per destination. Before every writing. */
void model_settle(struct model *m);

/* The phase that a moment is in; NULL without marks. */
struct model_phase *model_phase_at(const struct model *m, uint64_t ts_ns);

/* How long it was looked at: the case, or the phase alone. */
uint64_t model_length_ns(const struct model *m);

/* A flow or a transfer was its. */
bool model_process_sent(const struct model_process *p);

/* Bytes sent and received, as far as they are known. */
uint64_t model_dest_sent(const struct model_dest *d);
uint64_t model_dest_received(const struct model_dest *d);
/* Hash, URL and name look-ups. */
uint64_t model_dest_lookups(const struct model_dest *d);

/* True for a file that counts in a headline: not the product's own. */
bool model_file_counts(const struct model_file *f);

/* How many files of the user, or not known, went out whole; and the rows of them,
 * of which a file has one for each destination. */
size_t model_whole_files(const struct model *m);
size_t model_whole_rows(const struct model *m);
/* Those of the rows whose bytes were seen. */
size_t model_seen_rows(const struct model *m);
/* How many others did: the product's own, or carried for another program. */
size_t model_files_apart(const struct model *m);
/* Those of the whole files whose bytes were not seen. */
size_t model_inferred_files(const struct model *m);

/*
 * The rows in the order that people read them: destinations by bytes sent,
 * files whole ones first and then by time, all else by time. The caller frees
 * the list with free(3); NULL if there are none or memory is out.
 */
const struct model_dest **model_sorted_dests(const struct model *m);
const struct model_file **model_sorted_files(const struct model *m);

/* True if nothing is known to be missing, dropped, cut or unreadable. */
bool model_nothing_missing(const struct model *m);

#endif
