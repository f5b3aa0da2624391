/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include "base/json.h"
#include "report/model.h"

/* Members of the report: categories, processes, files read, times, volumes. */
void json_put_tables(struct json *j, const struct model *m);

#endif
