/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPERIMENT_COMMAND_H
#define EXPERIMENT_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * Programs that an experiment starts: the plan's commands, by way of the
 * shell, and telltap itself. Each has a process group of its own, so that a
 * key pressed at the terminal stops the experiment and not them.
 */

/* From command_catch() on SIGINT, SIGTERM and SIGHUP stop what runs, except
 * while they are not heeded: what is put right at the end is done to its end.
 * That one of them came is never forgotten. */
void command_catch(void);
void command_heed(bool signals);
bool command_stopped(void);

/* Waits; -EINTR once a signal stops it. */
int command_sleep(unsigned seconds) must_check;

/*
 * command_run - what a shell makes of text, with argument as $1 if it is not
 * NULL; its output goes to out_fd. After timeout_s seconds, or when stopped, its
 * group is killed: -ETIMEDOUT, -EINTR. *ret_status is its exit code, 128 and the
 * signal's number if one killed it. What is killed does nothing any more when it
 * returns.
 */
int command_run(const char *text, const char *argument, unsigned timeout_s,
    int out_fd, int *ret_status) must_check;

/* This program with other arguments, to the end or in the background. */
int command_self(const char *const argv[], int out_fd, int error_fd,
    int *ret_status) must_check;
int command_self_start(const char *const argv[], int out_fd, pid_t *ret_pid)
	must_check;
/* True once it has ended. */
bool command_ended(pid_t pid, int *ret_status);

#endif
