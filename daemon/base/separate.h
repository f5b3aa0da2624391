/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_SEPARATE_H
#define BASE_SEPARATE_H

/* Are allocations to be kept apart, for an address sanitizer to watch each? */
#if defined(__SANITIZE_ADDRESS__)
#define SEPARATE	1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SEPARATE	1
#endif
#endif
#ifndef SEPARATE
#define SEPARATE	0
#endif

#endif
