// SPDX-License-Identifier: Apache-2.0
/* Kinds of data, by field names and by the shape of values. */
#include <pthread.h>
#include <string.h>

#include "content/known/byte_class.h"
#include "content/vocabulary.h"

enum shape {
	ANY,			/* not empty */
	NUMBER,
	WORDS,			/* has a letter */
	LONG,			/* eight bytes or more */
};

static const struct {
	const char *key;	/* "*x": ends so; "x*": begins so */
	enum shape shape;
	const char *category;
	const char *why;
} names[] = {
	{ "hostname", WORDS, "host.id", "the field's name says host name" },
	{ "host", WORDS, "host.id", "the field's name says host" },
	{ "computername", WORDS, "host.id", "a computer's name" },
	{ "computer", WORDS, "host.id", "a computer's name" },
	{ "machinename", WORDS, "host.id", "a computer's name" },
	{ "devicename", WORDS, "host.id", "a device's name" },
	{ "pcname", WORDS, "host.id", "a computer's name" },
	{ "netbiosname", WORDS, "host.id", "a computer's name" },
	{ "*machineid", LONG, "host.id", "an identifier of the machine" },
	{ "*deviceid", LONG, "host.id", "an identifier of the device" },
	{ "*deviceuuid", LONG, "host.id", "an identifier of the device" },
	{ "*hostid", LONG, "host.id", "an identifier of the machine" },
	{ "*hardwareid", LONG, "host.id", "an identifier of the hardware" },
	{ "hwid", LONG, "host.id", "an identifier of the hardware" },
	{ "*machineguid", LONG, "host.id", "an identifier of the machine" },
	{ "*deviceguid", LONG, "host.id", "an identifier of the device" },
	{ "guid", LONG, "host.id", "an identifier of the installation" },
	{ "*clientid", LONG, "host.id", "an identifier of the installation" },
	{ "*agentid", LONG, "host.id", "an identifier of the installation" },
	{ "*sensorid", LONG, "host.id", "an identifier of the installation" },
	{ "*endpointid", LONG, "host.id", "an identifier of the machine" },
	{ "*installid", LONG, "host.id", "an identifier of the installation" },
	{ "*installationid", LONG, "host.id",
	    "an identifier of the installation" },
	{ "midex", LONG, "host.id", "an identifier of the machine" },
	{ "macaddress", LONG, "host.id", "a network card's address" },
	{ "macaddr", LONG, "host.id", "a network card's address" },
	{ "mac", LONG, "host.id", "a network card's address" },
	{ "*serialnumber", ANY, "host.id", "a serial number" },
	{ "biosserial", ANY, "host.id", "a serial number" },
	{ "os", WORDS, "system", "the operating system" },
	{ "osname", WORDS, "system", "the operating system" },
	{ "osversion", ANY, "system", "the operating system's version" },
	{ "osver", ANY, "system", "the operating system's version" },
	{ "osbuild", ANY, "system", "the operating system's version" },
	{ "ostype", ANY, "system", "the operating system" },
	{ "osarch", ANY, "system", "the processor's architecture" },
	{ "operatingsystem", WORDS, "system", "the operating system" },
	{ "platform", WORDS, "system", "the operating system" },
	{ "kernel", ANY, "system", "the kernel's version" },
	{ "kernelversion", ANY, "system", "the kernel's version" },
	{ "arch", ANY, "system", "the processor's architecture" },
	{ "architecture", WORDS, "system", "the processor's architecture" },
	{ "cpu", ANY, "system", "the processor" },
	{ "cpu*", ANY, "system", "the processor" },
	{ "ram", ANY, "system", "the amount of memory" },
	{ "memory", ANY, "system", "the amount of memory" },
	{ "totalmemory", ANY, "system", "the amount of memory" },
	{ "locale", WORDS, "system", "the language set" },
	{ "language", WORDS, "system", "the language set" },
	{ "lang", WORDS, "system", "the language set" },
	{ "timezone", ANY, "system", "the time zone" },
	{ "uptime", ANY, "system", "how long the system has run" },
	{ "screenresolution", ANY, "system", "the screen" },
	{ "gpu", ANY, "system", "the graphics card" },
	{ "bios", ANY, "system", "the firmware" },
	{ "biosversion", ANY, "system", "the firmware" },
	{ "manufacturer", WORDS, "system", "the hardware's maker" },
	{ "user", WORDS, "user", "the field's name says user" },
	{ "username", WORDS, "user", "a user's name" },
	{ "loginname", WORDS, "user", "a user's name" },
	{ "login", WORDS, "user", "a user's name" },
	{ "accountname", WORDS, "user", "a user's name" },
	{ "userid", ANY, "user", "an identifier of the user" },
	{ "usersid", ANY, "user", "an identifier of the user" },
	{ "uid", ANY, "user", "an identifier of the user" },
	{ "email", WORDS, "user", "an e-mail address" },
	{ "emailaddress", WORDS, "user", "an e-mail address" },
	{ "mail", WORDS, "user", "an e-mail address" },
	{ "fullname", WORDS, "user", "a person's name" },
	{ "filename", WORDS, "file.name", "the name of a file" },
	{ "originalname", WORDS, "file.name", "the name of a file" },
	{ "originalfilename", WORDS, "file.name", "the name of a file" },
	{ "objectname", WORDS, "file.name", "the name of an object" },
	{ "filepath", WORDS, "file.path", "the path of a file" },
	{ "path", WORDS, "file.path", "the field's name says path" },
	{ "fullpath", WORDS, "file.path", "the path of a file" },
	{ "imagepath", WORDS, "file.path", "the path of a program" },
	{ "folder", WORDS, "file.path", "a folder's path" },
	{ "directory", WORDS, "file.path", "a folder's path" },
	{ "filesize", NUMBER, "file.size", "the size of a file" },
	{ "objectsize", NUMBER, "file.size", "the size of a file" },
	{ "signer", WORDS, "file.signer", "who signed a file" },
	{ "signername", WORDS, "file.signer", "who signed a file" },
	{ "publisher", WORDS, "file.signer", "who signed a file" },
	{ "certsubject", WORDS, "file.signer", "who signed a file" },
	{ "certissuer", WORDS, "file.signer", "who signed a file" },
	{ "certificatesubject", WORDS, "file.signer", "who signed a file" },
	{ "process", ANY, "process", "a running program" },
	{ "processname", WORDS, "process", "a running program" },
	{ "processpath", WORDS, "process", "a running program" },
	{ "processes", ANY, "process", "running programs" },
	{ "commandline", WORDS, "process", "how a program was started" },
	{ "cmdline", WORDS, "process", "how a program was started" },
	{ "pid", NUMBER, "process", "a process's number" },
	{ "ppid", NUMBER, "process", "a process's number" },
	{ "parentprocess*", ANY, "process", "a running program" },
	{ "parentpid", NUMBER, "process", "a process's number" },
	{ "behavior*", ANY, "behaviour", "what a program did" },
	{ "behaviour*", ANY, "behaviour", "what a program did" },
	{ "registrykey", WORDS, "behaviour", "a registry key used" },
	{ "apicalls", ANY, "behaviour", "what a program did" },
	{ "threat", WORDS, "detection", "what was detected" },
	{ "threatname", WORDS, "detection", "what was detected" },
	{ "threatid", ANY, "detection", "what was detected" },
	{ "detection", ANY, "detection", "what was detected" },
	{ "detectionname", WORDS, "detection", "what was detected" },
	{ "detections", ANY, "detection", "what was detected" },
	{ "virusname", WORDS, "detection", "what was detected" },
	{ "virus", WORDS, "detection", "what was detected" },
	{ "malware", WORDS, "detection", "what was detected" },
	{ "malwarename", WORDS, "detection", "what was detected" },
	{ "verdict", ANY, "detection", "a verdict on an object" },
	{ "localip", ANY, "network.local", "an address in the local network" },
	{ "lanip", ANY, "network.local", "an address in the local network" },
	{ "internalip", ANY, "network.local",
	    "an address in the local network" },
	{ "privateip", ANY, "network.local",
	    "an address in the local network" },
	{ "gateway", ANY, "network.local", "the local network's gateway" },
	{ "subnet", ANY, "network.local", "the local network" },
	{ "ssid", ANY, "network.local", "a wireless network's name" },
	{ "bssid", ANY, "network.local", "a wireless network's identifier" },
	{ "wifiname", ANY, "network.local", "a wireless network's name" },
	{ "dnsserver*", ANY, "network.local", "the local name servers" },
	{ "software", ANY, "software.inventory", "installed software" },
	{ "installedsoftware", ANY, "software.inventory",
	    "installed software" },
	{ "installedapps", ANY, "software.inventory", "installed software" },
	{ "installedprograms", ANY, "software.inventory",
	    "installed software" },
	{ "applications", ANY, "software.inventory", "installed software" },
	{ "packages", ANY, "software.inventory", "installed software" },
	{ "programs", ANY, "software.inventory", "installed software" },
	{ "license", ANY, "product.licence", "the product's licence" },
	{ "licence", ANY, "product.licence", "the product's licence" },
	{ "licensekey", ANY, "product.licence", "the product's licence" },
	{ "licenseid", ANY, "product.licence", "the product's licence" },
	{ "licensenumber", ANY, "product.licence", "the product's licence" },
	{ "activationcode", ANY, "product.licence", "the product's licence" },
	{ "serial", ANY, "product.licence", "the product's serial" },
	{ "productkey", ANY, "product.licence", "the product's licence" },
	{ "minidump", ANY, "crash.dump", "a crash dump" },
	{ "crashdump", ANY, "crash.dump", "a crash dump" },
	{ "stacktrace", ANY, "crash.dump", "where a program crashed" },
	{ "backtrace", ANY, "crash.dump", "where a program crashed" },
	{ "exceptioncode", ANY, "crash.dump", "why a program crashed" },
	{ "domain", WORDS, "domain", "the field's name says domain" },
	{ "domainname", WORDS, "domain", "the field's name says domain" },
};

#define NAME_COUNT	(sizeof(names) / sizeof(*names))

/* Names that can fit a key, by its first byte, or, for "*x", by its last. */
static struct {
	uint8_t first[256], last[256];	/* 1 + index in names, 0: none */
	uint8_t next[NAME_COUNT];
} buckets;
static pthread_once_t buckets_once = PTHREAD_ONCE_INIT;

_Static_assert(NAME_COUNT < 255, "an index and none fit a byte");

static void
buckets_init(void)
{
	for (size_t i = NAME_COUNT; i-- > 0;) {
		const char *name = names[i].key;
		uint8_t *head = name[0] == '*' ?
		    &buckets.last[(uint8_t)name[strlen(name) - 1]] :
		    &buckets.first[(uint8_t)name[0]];

		buckets.next[i] = *head;
		*head = (uint8_t)(i + 1);
	}
}

static bool
name_fits(const char *pattern, const char *key, size_t m)
{
	size_t n = strlen(pattern);

	if (pattern[0] == '*')
		return m >= n - 1 && !memcmp(key + m - (n - 1), pattern + 1,
		    n - 1);
	if (pattern[n - 1] == '*')
		return !strncmp(key, pattern, n - 1);
	return n == m && !memcmp(pattern, key, n);
}

static bool
shape_fits(enum shape shape, struct span v)
{
	size_t letters = 0, figures = 0;

	for (size_t i = 0; i < v.len; i++) {
		letters += byte_is(v.p[i], BYTE_ALPHA) || v.p[i] >= 0x80;
		figures += byte_is(v.p[i], BYTE_DIGIT);
	}
	switch (shape) {
	case ANY:
		return v.len > 0;
	case NUMBER:
		return figures && figures == v.len;
	case WORDS:
		return letters > 0;
	case LONG:
		return v.len >= 8;
	}
	return false;
}

static bool
is_empty_word(struct span v)
{
	return span_eq(v, SPAN_LITERAL("null")) ||
	    span_eq(v, SPAN_LITERAL("none")) ||
	    span_eq(v, SPAN_LITERAL("true")) ||
	    span_eq(v, SPAN_LITERAL("false")) ||
	    span_caseeq(v, SPAN_LITERAL("unknown"));
}

const char *
vocabulary_category(const char *key, struct span value, const char **ret_why)
{
	size_t len = strlen(key);
	unsigned a, b;

	if (!len || is_empty_word(value))
		return NULL;
	pthread_once(&buckets_once, buckets_init);
	a = buckets.first[(uint8_t)key[0]];
	b = buckets.last[(uint8_t)key[len - 1]];
	/* both lists rise; the first name that fits is taken */
	while (a || b) {
		bool take_a = a && (!b || a < b);
		unsigned i = (take_a ? a : b) - 1;

		if (name_fits(names[i].key, key, len) &&
		    shape_fits(names[i].shape, value)) {
			*ret_why = names[i].why;
			return names[i].category;
		}
		if (take_a)
			a = buckets.next[i];
		else
			b = buckets.next[i];
	}
	return NULL;
}

/* someone@example.org */
static bool
is_email(struct span v)
{
	const uint8_t *at = memchr(v.p, '@', v.len), *dot;
	size_t left, right;

	if (!at || v.len > 254)
		return false;
	left = (size_t)(at - v.p);
	right = v.len - left - 1;
	if (!left || right < 4 || memchr(at + 1, '@', right))
		return false;
	for (size_t i = 0; i < v.len; i++) {
		if (v.p + i != at && !byte_is(v.p[i], BYTE_ALPHA | BYTE_DIGIT) &&
		    !memchr("._%+-", v.p[i], 5))
			return false;
	}
	dot = memrchr(at, '.', right + 1);
	return dot && dot > at + 1 && v.p + v.len - dot > 2 &&
	    byte_is(dot[1], BYTE_ALPHA);
}

/* C:\..., \\server\..., /home/..., and the like. */
static bool
is_path(struct span v, bool *ret_home)
{
	static const char *const roots[] = {
		"/home/", "/Users/", "/root/", "/usr/", "/etc/", "/var/",
		"/opt/", "/tmp/", "/bin/", "/Applications/", "/Library/",
	};

	*ret_home = memmem(v.p, v.len, "\\Users\\", 7) ||
	    (v.len > 6 && !memcmp(v.p, "/home/", 6)) ||
	    (v.len > 7 && !memcmp(v.p, "/Users/", 7));
	if (v.len > 3 && byte_is(v.p[0], BYTE_ALPHA) && v.p[1] == ':' &&
	    (v.p[2] == '\\' || (v.p[2] == '/' && v.p[3] != '/')))
		return true;
	for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++) {
		size_t n = strlen(roots[i]);

		if (v.len > n && !memcmp(v.p, roots[i], n))
			return true;
	}
	return false;
}

/* 01:23:45:67:89:ab, or with dashes */
static bool
is_mac(struct span v)
{
	bool zero = true;

	if (v.len != 17 || (v.p[2] != ':' && v.p[2] != '-'))
		return false;
	for (size_t i = 0; i < 17; i++) {
		if (i % 3 == 2 ? v.p[i] != v.p[2] :
		    !byte_is(v.p[i], BYTE_HEX))
			return false;
		zero &= i % 3 == 2 || v.p[i] == '0';
	}
	return !zero;
}

/* 10/8, 172.16/12, 192.168/16 */
static bool
is_private_ip(struct span v)
{
	unsigned part[4] = { 0 }, n = 0;
	bool digit = false;

	for (size_t i = 0; i < v.len; i++) {
		if (byte_is(v.p[i], BYTE_DIGIT)) {
			part[n] = part[n] * 10 + (v.p[i] - '0');
			digit = true;
			if (part[n] > 255)
				return false;
		} else if (v.p[i] == '.' && digit && n < 3) {
			n++;
			digit = false;
		} else {
			return false;
		}
	}
	return n == 3 && digit && (part[0] == 10 ||
	    (part[0] == 172 && part[1] >> 4 == 1) ||
	    (part[0] == 192 && part[1] == 168));
}

const char *
vocabulary_value(struct span v, const char **ret_why)
{
	bool home;

	if (v.len < 7 || v.len > 4096)
		return NULL;
	if (is_email(v)) {
		*ret_why = "an e-mail address";
		return "user";
	}
	if (is_mac(v)) {
		*ret_why = "a network card's address";
		return "host.id";
	}
	if (is_private_ip(v)) {
		*ret_why = "an address of a private network";
		return "network.local";
	}
	if (is_path(v, &home)) {
		*ret_why = home ? "a path with a user's name in it" :
		    "a path on this machine";
		return "file.path";
	}
	return NULL;
}
