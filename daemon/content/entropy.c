// SPDX-License-Identifier: Apache-2.0
#include "content/entropy.h"

#include <math.h>
#include <string.h>

#define ALL_BELOW	(64 * 1024)
#define STEP		(16 * 1024)
#define TAKEN		1024

void
entropy_init(struct entropy *e)
{
	memset(e, 0, sizeof(*e));
}

static void
count_bytes(struct entropy *e, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		e->count[p[i]]++;
	e->sampled += len;
}

void
entropy_data(struct entropy *e, const uint8_t *p, size_t len)
{
	while (len) {
		uint64_t in = e->offset % STEP;
		size_t n = (size_t)(STEP - in);

		if (e->offset < ALL_BELOW) {
			n = n < len ? n : len;
			count_bytes(e, p, n);
		} else if (in < TAKEN) {
			n = (size_t)(TAKEN - in);
			n = n < len ? n : len;
			count_bytes(e, p, n);
		} else {
			n = n < len ? n : len;
		}
		e->offset += n;
		p += n;
		len -= n;
	}
}

bool
entropy_is_noise(const struct entropy *e)
{
	double pairs = 0, n = (double)e->sampled, fair;

	if (e->sampled < ENTROPY_MIN)
		return false;
	for (int i = 0; i < 256; i++) {
		double c = e->count[i];

		pairs += c * (c - 1) / 2;
	}
	fair = n * (n - 1) / 2 / 256;
	return pairs <= 1.3 * fair + 3 * sqrt(fair);
}

double
entropy_bits(const struct entropy *e)
{
	double bits = 0;

	for (unsigned i = 0; i < 256; i++)
		if (e->count[i])
			bits += e->count[i] *
			    log2((double)e->sampled / e->count[i]);
	return bits;
}

bool
entropy_is_text(const struct entropy *e)
{
	if (!e->sampled)
		return false;
	for (int i = 0; i < 32; i++) {
		if (e->count[i] && i != '\t' && i != '\n' && i != '\r' &&
		    i != '\f' && i != 27)
			return false;
	}
	return !e->count[127];
}
