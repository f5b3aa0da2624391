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

/* What the file says of the authority that stamps cases: its URL, and files of
 * certificates: who may have signed its answer, and who its server may be. NULL
 * where it says nothing. */
struct config_authority {
	char *url, *ca, *tls_ca;
};

/* As config_load(); to be cleared. */
must_check int config_read_authority(const char *path,
    char ret_error[static CONFIG_ERROR_MAX], struct config_authority *ret);
void config_clear_authority(struct config_authority *a);

#endif
