#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Every capture of captures/LIST gives the events that stand beside it, these
# agree with the labels, and every event fits the schema.

. "$(dirname "$0")/check.sh"

ok "events are as expected and labelled" tests/lab/check-captures "$TELLTAP"
for events in captures/*.jsonl; do
	ok "$events fits the schema" tests/e2e/validate_events.py "$events"
done
done_testing
