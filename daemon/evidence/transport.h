/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_TRANSPORT_H
#define EVIDENCE_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

/* IP protocol numbers and the names that network.transport gives them. */
struct transport {
	uint8_t proto;
	bool ports;		/* has port numbers */
	const char *name;
};

/* NULL if the number, or the name, is not known here. */
const struct transport *transport_find(uint8_t proto);
const struct transport *transport_by_name(const char *name);

#endif
