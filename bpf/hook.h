/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_HOOK_H
#define TELLTAP_HOOK_H

/*
 * What watched processes hand to their TLS library, and get from it, in the
 * clear. A stream is one TLS session as the library's caller knows it: a
 * pointer in one process. Its bytes come in order, each way, with their place;
 * what is missing between two records was lost.
 */

#include "record.h"
#include "socket.h"

/* Given to each probe when it is attached: what the function does. */
enum tap_hook_flag {
	TAP_HOOK_OUT = 1 << 0,		/* (session, bytes, length) is sent */
	TAP_HOOK_IN = 1 << 1,		/* likewise, is filled */
	TAP_HOOK_END = 1 << 2,		/* the session is given up */
	TAP_HOOK_COUNTED = 1 << 3,	/* returns 1, the length goes to *arg4 */
	TAP_HOOK_LAYERED = 1 << 4,	/* a descriptor of NSPR: only those that
					 * have a layer below are TLS */
	TAP_HOOK_UNREAD = 1 << 5,	/* the bytes lie elsewhere: only counted */
	TAP_HOOK_FIFTH = 1 << 6,	/* as COUNTED, with *arg5 */
	TAP_HOOK_BIO = 1 << 7,		/* the first argument is a BIO of
					 * OpenSSL that has the session */
	TAP_HOOK_VECTOR = 1 << 8,	/* (session, places, their number) */
	TAP_HOOK_PEEKS = 1 << 9,	/* may leave what it fills, by *arg4 */
	TAP_HOOK_EARLY = 1 << 10,	/* sent in the handshake, if at all */
	TAP_HOOK_WHOLE = 1 << 11,	/* all of it, unless it returns an error */
	TAP_HOOK_FILE = 1 << 12,	/* (session, descriptor, place, length):
					 * of a file in place of bytes */
	/* Of those with none of OUT, IN, END only the socket is of interest. */
};

#define TAP_HOOK_LIBRARY_SHIFT	16

enum tap_hook_library {
	TAP_HOOK_OPENSSL = 1,
	TAP_HOOK_GNUTLS,
	TAP_HOOK_NSS,
};

enum tap_tie_flag {
	TAP_TIE_AMBIGUOUS = 1 << 0,	/* by time and size alone */
};

/* The stream's TLS goes over that socket. Told before the first of its packets
 * leaves, unless it is ambiguous. */
struct tap_tie {
	struct tap_record record;
	__u64 stream;
	__u64 cookie;
	struct tap_tuple tuple;
	__u32 owner;
	__u32 library;			/* enum tap_hook_library */
	__u32 flags;			/* enum tap_tie_flag */
	__u32 pad;
};

#define TAP_PLAIN_MAX	16384

/* ts_ns is of the call for what went out, of its return for what came in. */
struct tap_plain {
	struct tap_record record;
	__u64 stream;
	__u64 offset;			/* of the first byte, in its direction */
	__u32 owner;
	__u32 plain_len;
	__u32 inbound;
	__u32 early;			/* by a function that is TAP_HOOK_EARLY */
	/* The bytes lie behind. */
};

struct tap_tie_end {
	struct tap_record record;
	__u64 stream;
	__u64 out_len, in_len;		/* with what was lost */
};

/* A library is given a file: once when the call begins, and once when it is over,
 * with what of the file is sent. */
struct tap_given {
	struct tap_record record;	/* ts_ns: of the call */
	__u64 thread;			/* has one such call at a time */
	__u64 inode;
	__u64 stream;
	__u64 offset;			/* in the stream, of its first byte */
	__u64 at;			/* in the file */
	__u64 given_len;		/* 0: nothing is sent */
	__u32 owner;
	__u32 fd;
	__u32 over;			/* the call */
	__u32 shared;			/* whoever has mapped it may change it */
};

/* A watched process has mapped a file to be executed. */
struct tap_mapped {
	struct tap_record record;
	__u64 inode;
	__u32 pid, owner;
};

_Static_assert(sizeof(struct tap_tie) == 96, "tie");
_Static_assert(__builtin_offsetof(struct tap_tie, owner) == 80, "no holes");
_Static_assert(sizeof(struct tap_plain) == 48, "plaintext");
_Static_assert(sizeof(struct tap_tie_end) == 40, "end");
_Static_assert(sizeof(struct tap_given) == 80, "given");
_Static_assert(sizeof(struct tap_mapped) == 32, "mapped");

#endif
