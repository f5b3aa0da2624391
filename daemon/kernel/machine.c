// SPDX-License-Identifier: Apache-2.0
#include "kernel/machine.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USER_FIRST	1000u	/* below it are services */
#define USER_LAST	60000u
#define LINE_MAX_LEN	4096

static FILE *
open_file(const char *root, const char *path)
{
	char full[4096];

	if ((size_t)snprintf(full, sizeof(full), "%s%s", root, path) >=
	    sizeof(full))
		return NULL;
	return fopen(full, "re");
}

/* The file's first line, if it has one. */
static void
read_line(const char *root, const char *path, const char *kind, machine_fn add,
    void *arg)
{
	char line[256] = "";
	FILE *f = open_file(root, path);

	if (!f)
		return;
	if (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0])
			add(arg, kind, line);
	}
	fclose(f);
}

/* "name:x:1000:1000:Gecos:/home/name:/bin/bash": people, not services. */
static void
read_users(const char *root, machine_fn add, void *arg)
{
	char line[LINE_MAX_LEN];
	FILE *f = open_file(root, "/etc/passwd");

	while (f && fgets(line, sizeof(line), f)) {
		char *rest = line, *field[7] = { NULL };
		unsigned long uid;

		line[strcspn(line, "\n")] = '\0';
		for (int i = 0; i < 7; i++)
			field[i] = strsep(&rest, ":");
		uid = field[2] ? strtoul(field[2], NULL, 10) : 0;
		if (uid < USER_FIRST || uid > USER_LAST || !field[5])
			continue;
		add(arg, "user", field[0]);
		if (strlen(field[5]) > 3)
			add(arg, "home", field[5]);
	}
	if (f)
		fclose(f);
}

/* Debian's list: a paragraph a package, with its name and its state. */
static void
read_packages(const char *root, machine_fn add, void *arg)
{
	static const char package[] = "Package: ", status[] = "Status: ";
	char line[LINE_MAX_LEN], name[256] = "";
	FILE *f = open_file(root, "/var/lib/dpkg/status");

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, package, sizeof(package) - 1))
			snprintf(name, sizeof(name), "%.200s",
			    line + sizeof(package) - 1);
		else if (!strncmp(line, status, sizeof(status) - 1) &&
		    strstr(line, " installed") && name[0])
			add(arg, "package", name);
	}
	if (f)
		fclose(f);
}

void
machine_read(const char *root, machine_fn add, void *arg)
{
	static const struct {
		const char *path, *kind;
	} files[] = {
		{ "/proc/sys/kernel/hostname", "hostname" },
		{ "/etc/hostname", "hostname" },
		{ "/etc/machine-id", "machine-id" },
		{ "/sys/class/dmi/id/product_uuid", "serial" },
		{ "/sys/class/dmi/id/product_serial", "serial" },
		{ "/sys/class/dmi/id/board_serial", "serial" },
		{ "/sys/class/dmi/id/chassis_serial", "serial" },
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		read_line(root, files[i].path, files[i].kind, add, arg);
	read_users(root, add, arg);
	read_packages(root, add, arg);
}

static void
add_card(const struct sockaddr *sa, machine_fn add, void *arg)
{
	struct sockaddr_ll ll;
	char text[18];
	bool zero = true;

	memcpy(&ll, sa, sizeof(ll));
	for (int i = 0; i < 6; i++)
		zero &= !ll.sll_addr[i];
	if (ll.sll_halen != 6 || zero)
		return;
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x",
	    ll.sll_addr[0], ll.sll_addr[1], ll.sll_addr[2], ll.sll_addr[3],
	    ll.sll_addr[4], ll.sll_addr[5]);
	add(arg, "mac", text);
}

static void
add_address(const struct sockaddr *sa, machine_fn add, void *arg)
{
	char text[INET6_ADDRSTRLEN];
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		if (inet_ntop(AF_INET, &in.sin_addr, text, sizeof(text)))
			add(arg, "ip", text);
		return;
	}
	memcpy(&in6, sa, sizeof(in6));
	if (inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof(text)))
		add(arg, "ip", text);
}

void
machine_read_network(machine_fn add, void *arg)
{
	struct ifaddrs *list;

	if (getifaddrs(&list))
		return;
	for (struct ifaddrs *i = list; i; i = i->ifa_next) {
		if (!i->ifa_addr || i->ifa_flags & IFF_LOOPBACK)
			continue;
		if (i->ifa_addr->sa_family == AF_PACKET)
			add_card(i->ifa_addr, add, arg);
		else if (i->ifa_addr->sa_family == AF_INET ||
			 i->ifa_addr->sa_family == AF_INET6)
			add_address(i->ifa_addr, add, arg);
	}
	freeifaddrs(list);
}
