/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_EVIDENCE_PUT_PACKET_H
#define UNIT_EVIDENCE_PUT_PACKET_H

/* A packet of no protocol, for the tests of cases. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "telltap/case.h"
#include "telltap/packet.h"

static inline void
put_packet(struct telltap_case *c, uint64_t number)
{
	struct telltap_packet p = {
		.number = number,
		.ts_ns = 1700000000000000000 + number,
		.data = (const uint8_t *)"abcde",
		.cap_len = 5,
		.wire_len = 5,
		.link_type = 1,
	};

	assert_int_equal(telltap_case_packets(c, &p, 1, NULL, 0, true), 0);
}

#endif
