#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The lab: labelled transfers by curl to nginx between two namespaces, captured
# and judged anew.

. "$(dirname "$0")/check.sh"
for tool in ip nginx curl tcpdump; do
	PATH=$PATH:/usr/sbin:/sbin command -v $tool > /dev/null && continue
	skip "the lab needs $tool"
	done_testing
done
if ! ip netns add telltap-try-$$ 2> /dev/null; then
	skip "the lab needs to make network namespaces"
	done_testing
fi
ip netns del telltap-try-$$

ok "the lab runs" tests/lab/make-lab "$work/lab"
for capture in "$work"/lab/captures/*.pcap; do
	ok "${capture##*/} is replayed" bash -c '"$1" replay --json --known "$2" "$3" > "$4"' - \
	    "$TELLTAP" "$work/lab/known" "$capture" "${capture%.pcap}.jsonl"
	ok "${capture##*/} fits the schema" tests/e2e/validate_events.py "${capture%.pcap}.jsonl"
done
ok "every transfer has its label" tests/lab/check-lab "$work/lab/labels.json" \
    "$work"/lab/captures/*.jsonl
done_testing
