/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_CONFIG_H
#define SERVICE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/yamlfile.h"
#include "service/service.h"
#include "service/targets.h"

/*
 * What telltapd is told in its file, /etc/telltapd/config.yaml; described in
 * telltapd.yaml(5). Read by the parent, at start and at SIGHUP.
 */

#define CONFIG_PATH	 "/etc/telltapd/config.yaml"
#define CONFIG_ERROR_MAX YAMLFILE_ERROR_MAX

struct config;

/* ERR_MALFORMED and a line that names file, line and field in ret_error; or
 * another code, and why. */
must_check int config_load(const char *path,
    char ret_error[static CONFIG_ERROR_MAX], struct config **ret_config);
void config_free(struct config *c);

/* What it says, for service_open(); borrowed from the configuration, but for
 * `say` and `command`. The lock's path, too. */
const struct service_options *config_options(const struct config *c);
const char *config_lock(const struct config *c);

/* What the file says of the authority that stamps cases: its URL, and the file of
 * the certificates that are trusted. NULL where it says nothing; to be freed. */
must_check int config_authority(const char *path,
    char ret_error[static CONFIG_ERROR_MAX], char **ret_url, char **ret_ca);

#endif
