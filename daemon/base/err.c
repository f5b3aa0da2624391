// SPDX-License-Identifier: Apache-2.0
#include "base/err.h"

#include <string.h>

const char *
err_text(int err)
{
	switch (err) {
	case 0:
		return "success";
	case ERR_TRUNCATED:
		return "data ends too early";
	case ERR_MALFORMED:
		return "malformed data";
	case ERR_UNSUPPORTED:
		return "not supported";
	case ERR_LIMIT:
		return "a limit was reached";
	case ERR_END:
		return "no more data";
	}
	return err < 0 && err > ERR_TRUNCATED ? strerror(-err) :
						"unknown error";
}
