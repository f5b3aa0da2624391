// SPDX-License-Identifier: Apache-2.0
#include "profile/schema.h"

#include "profile/profile.h"

#define MAX_TEXT	2048
#define MAX_WORD	256
#define COUNT(a)	(sizeof(a) / sizeof(*(a)))

static const cyaml_strval_t confidences[] = {
	{ "vendor-doc", PROFILE_VENDOR_DOC },
	{ "third-party-list", PROFILE_THIRD_PARTY_LIST },
	{ "recollection", PROFILE_RECOLLECTION },
};

static const cyaml_strval_t purposes[] = {
	{ "reputation-lookup", PROFILE_REPUTATION_LOOKUP },
	{ "url-reputation", PROFILE_URL_REPUTATION },
	{ "sample-submission", PROFILE_SAMPLE_SUBMISSION },
	{ "telemetry", PROFILE_TELEMETRY },
	{ "update", PROFILE_UPDATE },
	{ "management", PROFILE_MANAGEMENT },
	{ "licensing", PROFILE_LICENSING },
	{ "unknown", PROFILE_UNKNOWN },
};

static const cyaml_strval_t transports[] = {
	{ "https", PROFILE_HTTPS },
	{ "http", PROFILE_HTTP },
	{ "http+https", PROFILE_HTTP_HTTPS },
	{ "tcp", PROFILE_TCP },
	{ "udp", PROFILE_UDP },
	{ "tcp+udp", PROFILE_TCP_UDP },
	{ "dns", PROFILE_DNS },
	{ "wss", PROFILE_WSS },
	{ "mqtt-tls", PROFILE_MQTT_TLS },
};

static const cyaml_strval_t scopes[] = {
	{ "internet", PROFILE_INTERNET },
	{ "private-network", PROFILE_PRIVATE_NETWORK },
};

#define WORD(key, type, member)                                        \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, member, 1, MAX_WORD)
#define MAYBE(key, type, member)                                       \
	CYAML_FIELD_STRING_PTR(key,                                     \
	    CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 1, MAX_TEXT)
#define TEXT(key, type, member)                                        \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, member, 1, MAX_TEXT)
/* Empty for what is only remembered; check.c sees to that. */
#define SOURCE(type)                                                   \
	CYAML_FIELD_STRING_PTR("source", CYAML_FLAG_POINTER, type, source, 0, \
	    MAX_TEXT)
#define ENUM(key, flags, type, member, words)                          \
	CYAML_FIELD_ENUM(key, CYAML_FLAG_STRICT | (flags), type, member, words, \
	    COUNT(words))

static const struct cyaml_schema_value text_value = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, MAX_TEXT),
};

static const struct cyaml_schema_value port_value = {
	CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint16_t),
};

static const struct cyaml_schema_field process_fields[] = {
	MAYBE("exe", struct profile_process, exe),
	MAYBE("comm", struct profile_process, comm),
	MAYBE("unit", struct profile_process, unit),
	MAYBE("service", struct profile_process, service),
	MAYBE("path", struct profile_process, path),
	MAYBE("sysext", struct profile_process, sysext),
	MAYBE("note", struct profile_process, note),
	SOURCE(struct profile_process),
	ENUM("confidence", 0, struct profile_process, confidence, confidences),
	CYAML_FIELD_BOOL("updates", CYAML_FLAG_OPTIONAL, struct profile_process,
	    updates),
	CYAML_FIELD_END,
};

static const struct cyaml_schema_value process_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct profile_process,
	    process_fields),
};

static const struct cyaml_schema_field endpoint_fields[] = {
	WORD("pattern", struct profile_endpoint, pattern),
	CYAML_FIELD_SEQUENCE("ports", CYAML_FLAG_POINTER,
	    struct profile_endpoint, ports, &port_value, 1, 64),
	ENUM("transport", 0, struct profile_endpoint, transport, transports),
	ENUM("purpose", 0, struct profile_endpoint, purpose, purposes),
	MAYBE("network", struct profile_endpoint, network),
	ENUM("scope", CYAML_FLAG_OPTIONAL, struct profile_endpoint, scope,
	    scopes),
	CYAML_FIELD_BOOL("shared", CYAML_FLAG_OPTIONAL,
	    struct profile_endpoint, shared),
	CYAML_FIELD_BOOL("with_process", CYAML_FLAG_OPTIONAL,
	    struct profile_endpoint, with_process),
	MAYBE("note", struct profile_endpoint, note),
	SOURCE(struct profile_endpoint),
	ENUM("confidence", 0, struct profile_endpoint, confidence,
	    confidences),
	CYAML_FIELD_END,
};

static const struct cyaml_schema_value endpoint_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct profile_endpoint,
	    endpoint_fields),
};

static const struct cyaml_schema_field source_fields[] = {
	TEXT("title", struct profile_source, title),
	TEXT("url", struct profile_source, url),
	CYAML_FIELD_END,
};

static const struct cyaml_schema_value source_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct profile_source,
	    source_fields),
};

/* struct profile's processes are an array: each key fills its element. */
#define PROCESSES(key, os)                                             \
	CYAML_FIELD_SEQUENCE(key, CYAML_FLAG_POINTER, struct profile,   \
	    processes[os].list, &process_value, 0, 1024)

static const struct cyaml_schema_field os_fields[] = {
	PROCESSES("linux", PROFILE_LINUX),
	PROCESSES("windows", PROFILE_WINDOWS),
	PROCESSES("macos", PROFILE_MACOS),
	CYAML_FIELD_END,
};

static const struct cyaml_schema_field profile_fields[] = {
	WORD("id", struct profile, id),
	WORD("vendor", struct profile, vendor),
	CYAML_FIELD_SEQUENCE("products", CYAML_FLAG_POINTER, struct profile,
	    products, &text_value, 1, 256),
	{
		.key = "processes",
		.value = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT,
		    struct profile, os_fields) },
	},
	CYAML_FIELD_SEQUENCE("endpoints", CYAML_FLAG_POINTER, struct profile,
	    endpoints, &endpoint_value, 1, 4096),
	CYAML_FIELD_SEQUENCE("sends", CYAML_FLAG_POINTER, struct profile,
	    sends, &text_value, 0, 256),
	CYAML_FIELD_SEQUENCE("mentions",
	    CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct profile, mentions,
	    &text_value, 0, 32),
	CYAML_FIELD_SEQUENCE("quirks", CYAML_FLAG_POINTER, struct profile,
	    quirks, &text_value, 0, 256),
	CYAML_FIELD_SEQUENCE("sources", CYAML_FLAG_POINTER, struct profile,
	    sources, &source_value, 0, 256),
	CYAML_FIELD_END,
};

const struct cyaml_schema_value profile_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct profile,
	    profile_fields),
};

static const char *
word(const cyaml_strval_t *words, size_t count, int64_t value)
{
	for (size_t i = 0; i < count; i++)
		if (words[i].val == value)
			return words[i].str;
	return "?";
}

const char *
profile_confidence_name(enum profile_confidence c)
{
	return word(confidences, COUNT(confidences), c);
}

const char *
profile_purpose_name(enum profile_purpose p)
{
	return word(purposes, COUNT(purposes), p);
}

const char *
profile_transport_name(enum profile_transport t)
{
	return word(transports, COUNT(transports), t);
}

const char *
profile_scope_name(enum profile_scope s)
{
	return word(scopes, COUNT(scopes), s);
}

const char *
profile_os_name(enum profile_os os)
{
	return os_fields[os].key;
}
