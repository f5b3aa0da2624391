/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_CONFIG_SCHEMA_H
#define SERVICE_CONFIG_SCHEMA_H

/* The file as libcyaml reads it; for config.c alone. */

struct config_watch {
	char **exe, **unit, **cgroup, **pid, **user, **profile;
	unsigned exe_count, unit_count, cgroup_count, pid_count, user_count;
	unsigned profile_count;
	int *descendants, *passed_sockets, *file_reads, *known_from_reads, *bpf;
	int *tls_plaintext;
};

struct config_file {
	struct config_watch *watch;
	char **known;
	unsigned known_count;
	char **passwords;
	unsigned passwords_count;
	char **keylogs, **tls_keys;
	unsigned keylogs_count, tls_keys_count;
	char *profiles, *cases, *part_size, *key, *lock;
	char *tsa, *tsa_ca, *tsa_tls_ca;
	int *packets, *objects, *digests, *dpi;
};

struct cyaml_schema_value;
extern const struct cyaml_schema_value config_schema;

#endif
