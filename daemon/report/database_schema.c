// SPDX-License-Identifier: Apache-2.0
#include "report/database_row.h"

/*
 * The tables, column by column in the order in which they are written;
 * docs/sqlite.md says what each one means. Whoever changes them changes
 * DATABASE_VERSION. Times are nanoseconds since the Unix epoch.
 */

#define FILE_COLUMNS \
	"name TEXT, sha256 TEXT, size INTEGER, sent_bytes INTEGER,\n" \
	"coverage REAL, known INTEGER, ambiguous INTEGER, declared INTEGER,\n" \
	"origin TEXT, mime_type TEXT, encodings TEXT"

const struct database_definition
    database_definitions[DATABASE_TABLE_COUNT] = {
	[DATABASE_META] = { "meta", "name TEXT PRIMARY KEY, value TEXT" },
	[DATABASE_INPUT] = { "input", "name TEXT, size INTEGER, sha256 TEXT" },
	[DATABASE_FLOW] = { "flow",
	    "id INTEGER PRIMARY KEY, sequence INTEGER,\n"
	    "start_ns INTEGER, end_ns INTEGER, end_reason TEXT,\n"
	    "transport INTEGER, local_ip TEXT, local_port INTEGER,\n"
	    "remote_ip TEXT, remote_port INTEGER, domain TEXT,\n"
	    "domain_source TEXT, protocol TEXT, application TEXT,\n"
	    "community_id TEXT, endpoint_by TEXT,\n"
	    "tls_version TEXT, tls_cipher TEXT, tls_server_name TEXT,\n"
	    "tls_ja3 TEXT, tls_ja4 TEXT, tls_cert_sha256 TEXT,\n"
	    "packets_out INTEGER, packets_in INTEGER,\n"
	    "payload_out INTEGER, payload_in INTEGER,\n"
	    "missing_out INTEGER, missing_in INTEGER,\n"
	    "gaps_out INTEGER, gaps_in INTEGER,\n"
	    "understood_out INTEGER, undeciphered_out INTEGER,\n"
	    "encrypted_out INTEGER, process_pid INTEGER,\n"
	    "process_executable TEXT, certainty TEXT" },
	[DATABASE_TRANSFER] = { "transfer",
	    "id TEXT PRIMARY KEY, flow INTEGER, sequence INTEGER,\n"
	    "start_ns INTEGER, end_ns INTEGER, kind TEXT, grade TEXT,\n"
	    "visibility TEXT, complete INTEGER,\n"
	    "payload_out INTEGER, payload_in INTEGER,\n"
	    "missing_out INTEGER, missing_in INTEGER,\n"
	    "understood_out INTEGER, undeciphered_out INTEGER,\n"
	    "encrypted_out INTEGER, plain_min_out INTEGER,\n"
	    "plain_max_out INTEGER, packet_first INTEGER,\n"
	    "packet_last INTEGER, remote_ip TEXT, remote_port INTEGER,\n"
	    "domain TEXT, vendor TEXT, network TEXT, purpose TEXT,\n"
	    "http_method TEXT, http_host TEXT, http_target TEXT,\n"
	    "http_status INTEGER, user_agent TEXT, dns_question TEXT,\n"
	    "process_pid INTEGER, process_executable TEXT,\n"
	    "certainty TEXT, on_behalf_of TEXT" },
	[DATABASE_REASON] = { "reason",
	    "transfer TEXT, number INTEGER, reason TEXT" },
	[DATABASE_CATEGORY] = { "category",
	    "transfer TEXT, category TEXT, path TEXT, why TEXT" },
	[DATABASE_TRANSFER_FILE] = { "transfer_file",
	    "transfer TEXT, number INTEGER,\n" FILE_COLUMNS },
	[DATABASE_TRANSFER_RANGE] = { "transfer_range",
	    "transfer TEXT, number INTEGER, first INTEGER, end INTEGER" },
	[DATABASE_HASH] = { "hash",
	    "transfer TEXT, algorithm TEXT, value TEXT, encoding TEXT,\n"
	    "known INTEGER, file_sha256 TEXT, file_name TEXT, path TEXT" },
	[DATABASE_URL] = { "url", "transfer TEXT, url TEXT" },
	[DATABASE_FILE_EVENT] = { "file",
	    "sequence INTEGER PRIMARY KEY, grade TEXT, vendor TEXT,\n"
	    "network TEXT, packet_first INTEGER, packet_last INTEGER,\n"
	    "transfers_more INTEGER,\n" FILE_COLUMNS },
	[DATABASE_FILE_EVENT_TRANSFER] = { "file_transfer",
	    "file INTEGER, transfer TEXT" },
	[DATABASE_PROCESS] = { "process",
	    "sequence INTEGER PRIMARY KEY, pid INTEGER, parent_pid INTEGER,\n"
	    "user INTEGER, start_ns INTEGER, end_ns INTEGER,\n"
	    "exit_code INTEGER, executable TEXT, name TEXT, sha256 TEXT,\n"
	    "unit TEXT, container TEXT" },
	[DATABASE_FILE_READ] = { "file_read",
	    "sequence INTEGER PRIMARY KEY, pid INTEGER, path TEXT,\n"
	    "size INTEGER, bytes INTEGER, mapped INTEGER,\n"
	    "first_ns INTEGER, last_ns INTEGER" },
	[DATABASE_SOCKET] = { "socket",
	    "sequence INTEGER PRIMARY KEY, local_ip TEXT,\n"
	    "local_port INTEGER, remote_ip TEXT, remote_port INTEGER,\n"
	    "pid INTEGER, payload_out INTEGER, pending_out INTEGER,\n"
	    "payload_in INTEGER, live INTEGER" },
	[DATABASE_ANOMALY] = { "anomaly",
	    "sequence INTEGER PRIMARY KEY, flow INTEGER, what TEXT,\n"
	    "detail TEXT, direction TEXT, packet INTEGER,\n"
	    "position INTEGER, length INTEGER" },
	[DATABASE_MARK] = { "mark",
	    "sequence INTEGER PRIMARY KEY, at_ns INTEGER, text TEXT,\n"
	    "pid INTEGER, user INTEGER" },
	[DATABASE_GAP] = { "gap",
	    "sequence INTEGER PRIMARY KEY, start_ns INTEGER,\n"
	    "end_ns INTEGER, reason TEXT" },
	[DATABASE_KNOWN_FILE] = { "known_file",
	    "sequence INTEGER, name TEXT, size INTEGER, sha256 TEXT" },
	[DATABASE_UNWATCHED] = { "unwatched",
	    "sequence INTEGER PRIMARY KEY, remote_ip TEXT, domain TEXT,\n"
	    "bytes INTEGER, packets INTEGER, connections INTEGER,\n"
	    "first_ns INTEGER, last_ns INTEGER, pid INTEGER, name TEXT" },
	[DATABASE_COUNTER] = { "counter",
	    "object TEXT, name TEXT, value INTEGER" },
	[DATABASE_VENDOR_SAYS] = { "vendor_says",
	    "profile TEXT, vendor TEXT, sentence TEXT" },
	[DATABASE_VENDOR_MENTIONS] = { "vendor_mentions",
	    "profile TEXT, vendor TEXT, category TEXT" },
};

const char database_indexes[] =
    "CREATE INDEX transfer_by_kind ON transfer(kind, grade);"
    "CREATE INDEX transfer_by_flow ON transfer(flow);"
    "CREATE INDEX transfer_by_domain ON transfer(domain);"
    "CREATE INDEX hash_by_value ON hash(value);"
    "CREATE INDEX hash_by_transfer ON hash(transfer);"
    "CREATE INDEX category_by_transfer ON category(transfer);"
    "CREATE INDEX file_by_transfer ON transfer_file(transfer);"
    "CREATE INDEX file_by_sha256 ON transfer_file(sha256);";
