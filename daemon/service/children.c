// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "service/parent.h"

static int
tell_option(struct child *c, enum option_kind option, const char *text)
{
	struct message_option m = { .option = option };
	size_t len = text ? strlen(text) : 0;

	if (len > MESSAGE_TEXT_MAX)
		return -ENAMETOOLONG;
	m.text_len = (uint32_t)len;
	return channel_send(&c->channel, MESSAGE_OPTION, &m, text, len);
}

static int
tell_if(struct child *c, enum option_kind option, bool wanted)
{
	return wanted ? tell_option(c, option, NULL) : 0;
}

static int
tell_list(struct child *c, enum option_kind option, const char *const *list,
    size_t count)
{
	int err = 0;

	for (size_t i = 0; i < count && !err; i++)
		err = tell_option(c, option, list[i]);
	return err;
}

static int
tell_alpha(struct child *c, double alpha)
{
	char text[40];

	if (!(alpha > 0))
		return 0;
	snprintf(text, sizeof(text), "%a", alpha);
	return tell_option(c, OPTION_ALPHA, text);
}

static int
tell_engine(const struct service_options *o, struct child *c)
{
	int err = tell_option(c, OPTION_COMMAND, o->command);

	if (!err)
		err = tell_list(c, OPTION_KNOWN, o->known, o->known_count);
	if (!err)
		err = tell_list(c, OPTION_PROFILE, o->profiles,
		    o->profile_count);
	if (!err && o->profile_dir)
		err = tell_option(c, OPTION_PROFILE_DIR, o->profile_dir);
	if (!err)
		err = tell_list(c, OPTION_KEYLOG, o->keylogs,
		    o->keylog_count);
	if (!err)
		err = tell_list(c, OPTION_TLS_KEY, o->tls_keys,
		    o->tls_key_count);
	if (!err)
		err = tell_list(c, OPTION_FAIL_ON, o->fail_on,
		    o->fail_on_count);
	if (!err)
		err = tell_list(c, OPTION_IDENTITY, o->identities,
		    o->identity_count);
	if (!err)
		err = tell_list(c, OPTION_ARCHIVE_PASSWORD, o->passwords,
		    o->password_count);
	if (!err)
		err = tell_if(c, OPTION_NO_IDENTITY, o->no_identity);
	if (!err)
		err = tell_if(c, OPTION_SHOW_VALUES, o->show_values);
	if (!err)
		err = tell_if(c, OPTION_INFER_FILES, o->infer_files);
	if (!err)
		err = tell_alpha(c, o->alpha);
	if (!err)
		err = tell_if(c, OPTION_DIGESTS, o->digests);
	if (!err)
		err = tell_if(c, OPTION_NO_DPI, o->no_dpi);
	if (!err)
		err = tell_if(c, OPTION_GUESS, o->tap.no_bpf);
	if (!err)
		err = tell_if(c, OPTION_TLS_PLAINTEXT, o->tap.tls_plaintext);
	if (!err)
		err = tell_if(c, OPTION_JSON, o->json);
	if (!err)
		err = tell_if(c, OPTION_SUMMARY, o->summary);
	if (!err)
		err = tell_if(c, OPTION_NO_PACKETS, o->no_packets);
	if (!err)
		err = tell_if(c, OPTION_KEEP_OBJECTS, o->keep_objects);
	if (!err)
		err = tell_if(c, OPTION_PARTS, o->parts);
	return err ? err : tell_if(c, OPTION_CASE, o->case_dir);
}

static int
tell_recorder(const struct service_options *o, struct child *c)
{
	int err = tell_if(c, OPTION_JSON, o->json);
	char bytes[24];

	if (!err && o->case_dir)
		err = tell_option(c, OPTION_CASE, o->case_dir);
	if (!err && o->parts) {
		snprintf(bytes, sizeof(bytes), "%llu",
		    (unsigned long long)o->part_max);
		err = tell_option(c, OPTION_PARTS, bytes);
	}
	if (!err && o->key_path)
		err = tell_option(c, OPTION_KEY, o->key_path);
	return err;
}

int
children_begin(struct service *s, struct child *c, int link,
    const struct message_resume *resume, const char *why)
{
	static const struct message_empty nothing;
	int err = 0;

	if (c->role == ROLE_ENGINE)
		err = tell_engine(&s->options, c);
	else if (c->role == ROLE_RECORDER)
		err = tell_recorder(&s->options, c);
	if (!err && resume)
		err = channel_send(&c->channel, MESSAGE_RESUME, resume, why,
		    resume->text_len);
	if (!err && link >= 0)
		err = channel_send_fd(&c->channel, MESSAGE_LINK, &nothing,
		    link);
	if (!err)
		err = channel_send(&c->channel, MESSAGE_START, &nothing, NULL,
		    0);
	return err ? err : channel_flush(&c->channel);
}

static int
wait_ready(struct service *s, struct child *c)
{
	int err;

	s->ready = false;
	err = hear_until(s, c, &s->ready);
	if (s->ready)
		c->channel.state = STATE_RUNNING;
	return err;
}

static int
start_one(struct service *s, enum role role, struct child *c, int link)
{
	int err = child_start(role, c);

	if (!err)
		err = children_begin(s, c, link, NULL, NULL);
	if (!err || err == -EPIPE)
		err = wait_ready(s, c);
	return err;
}

/* A socket between the two; the engine may be another one by now. */
static int
link_prints(struct service *s)
{
	static const struct message_empty nothing;
	int link[2], err = channel_pair(link);

	if (err)
		return err;
	err = channel_send_fd(&s->engine.channel, MESSAGE_PRINTS, &nothing,
	    link[0]);
	if (err == -EPIPE || err == -ETIMEDOUT) {
		s->engine_lost = true;
		err = 0;
	}
	/* One that is told for the first time is to start with it. */
	if (!err && s->fingerprinter.channel.state == STATE_RUNNING)
		err = channel_send_fd(&s->fingerprinter.channel,
		    MESSAGE_RELINK, &nothing, link[1]);
	else if (!err)
		err = children_begin(s, &s->fingerprinter, link[1], NULL, NULL);
	close(link[0]);
	close(link[1]);
	return err;
}

static int
start_fingerprinter(struct service *s)
{
	int err = child_start(ROLE_FINGERPRINTER, &s->fingerprinter);

	s->files_ahead = 0;
	s->prints_lost = s->prints_hang = false;
	if (!err)
		err = link_prints(s);
	/* It is not waited for, as another engine is not. */
	if (!err)
		s->fingerprinter.channel.state = STATE_RUNNING;
	return err ? err : children_link_opener(s);
}

int
children_link_opener(struct service *s)
{
	static const struct message_empty nothing;
	int link[2], err = channel_pair(link);

	if (err)
		return err;
	if (channel_send_fd(&s->opener.channel, MESSAGE_RELINK, &nothing,
		link[0]))
		s->asked.lost = true;
	err = channel_send_fd(&s->fingerprinter.channel, MESSAGE_OPENER,
	    &nothing, link[1]);
	close(link[0]);
	close(link[1]);
	return err;
}

/* The engine first: what it cannot read is said before anything is made. */
int
children_start(struct service *s)
{
	int link[2], err = channel_pair(link);

	if (err)
		return service_fail(s, err, "%s", err_text(err));
	err = start_one(s, ROLE_ENGINE, &s->engine, link[0]);
	if (!err)
		err = start_one(s, ROLE_RECORDER, &s->recorder, link[1]);
	if (!err)
		err = channel_send(&s->engine.channel, MESSAGE_NUMBER,
		    &(struct message_number){ s->position.packet }, NULL, 0);
	close(link[0]);
	close(link[1]);
	if (!err)
		err = opener_start(s);
	if (!err && s->options.tap.known_from_reads && !s->options.tap.no_bpf)
		err = start_fingerprinter(s);
	if (err)
		return service_fail(s, err, "%s: its processes: %s",
		    s->options.command, err_text(err));
	return 0;
}

/* An engine that dies again and again at once is no use. */
#define QUICK_NS	5000000000ull
#define QUICK_MAX	5
/* Packets that were numbered after the last sign of life. */
#define NUMBERS_AHEAD	65536

static int
relink(struct service *s, int link)
{
	static const struct message_empty nothing;
	int err = channel_send_fd(&s->recorder.channel, MESSAGE_RELINK,
	    &nothing, link);

	s->has_position = false;
	return err ? err : hear_until(s, &s->recorder, &s->has_position);
}

static int
start_another(struct service *s, int link, const char *why)
{
	struct message_resume m = {
		.lines = s->position.lines,
		.packet = s->packet + NUMBERS_AHEAD,
		.gap_start_ns = s->heard_ns,
		.gap_end_ns = clock_ns(CLOCK_REALTIME),
		.text_len = (uint32_t)strlen(why),
		.restarts = s->restarts,
	};
	int err;

	if (s->position.packet > s->packet)
		m.packet = s->position.packet;
	if (m.gap_start_ns > m.gap_end_ns || !m.gap_start_ns)
		m.gap_start_ns = m.gap_end_ns;
	err = child_start(ROLE_ENGINE, &s->engine);
	if (!err)
		err = children_begin(s, &s->engine, link, &m, why);
	/* It is not waited for: what it is told until it is ready lies in its
	 * socket. */
	s->engine.channel.state = STATE_RUNNING;
	s->engine_lost = s->drain_waits = false;
	if (!err)
		err = tap_retell(s->tap);
	if (!err && s->fingerprinter.pid && !s->prints_lost &&
	    link_prints(s))
		s->prints_lost = true;
	return err ? err : channel_flush(&s->engine.channel);
}

int
children_replace_engine(struct service *s, const char *how)
{
	uint64_t now = clock_up_ns();
	char why[256];
	int link[2], err;

	s->quick = now - s->restarted_ns < QUICK_NS ? s->quick + 1 : 0;
	s->restarted_ns = now;
	s->restarts++;
	if (s->quick >= QUICK_MAX)
		return service_fail(s, -EIO, "%s: the engine %s, again and "
			"again", s->options.command, how);
	service_say(s, "%s: the engine %s; another one takes its place, what "
		"it followed is lost", s->options.command, how);
	snprintf(why, sizeof(why), "the engine %s; what it followed is lost, "
		"and what it was told and had not said", how);
	err = channel_pair(link);
	if (err)
		return service_fail(s, err, "%s", err_text(err));
	key_follow_rewind(s->follow);
	err = relink(s, link[1]);
	if (!err)
		err = start_another(s, link[0], why);
	close(link[0]);
	close(link[1]);
	if (err == -EPIPE) {
		s->engine_lost = true;	/* seen at the next turn */
		return 0;
	}
	return err ? service_fail(s, err, "%s: another engine: %s",
			 s->options.command, err_text(err))
		   : 0;
}

int
children_replace_fingerprinter(struct service *s, const char *how)
{
	uint64_t now = clock_up_ns();

	s->readers_lost++;
	s->files_ahead = 0;
	s->prints_lost = false;
	s->prints_quick = s->prints_hang ||
	    now - s->prints_restarted_ns < QUICK_NS ? s->prints_quick + 1 : 0;
	s->prints_restarted_ns = now;
	if (s->prints_quick >= QUICK_MAX) {
		service_say(s, "%s: the fingerprinter %s, again and again; from "
			"here on files that are read are not known by it",
		    s->options.command, how);
		return 0;
	}
	service_say(s, "%s: the fingerprinter %s; another one takes its place, "
		"the files that it had are left out", s->options.command, how);
	if (start_fingerprinter(s))
		s->prints_lost = true;	/* seen at the next turn */
	return 0;
}

/* So many files may wait for the fingerprinter; it is never waited for,
 * for it runs when others leave it time. */
#define FILES_AHEAD_MAX	512

bool
children_hand_file(struct service *s, const struct message_file_open *m,
    uint32_t dev)
{
	if (s->prints_lost || !s->fingerprinter.pid ||
	    s->files_ahead >= FILES_AHEAD_MAX) {
		opener_drop(s, m->number, dev);
		return false;
	}
	if (!opener_hand(s, m, dev))
		return false;
	if (!s->files_ahead++)
		s->prints_heard_ns = clock_up_ns();
	return true;
}
