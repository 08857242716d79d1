/* SPDX-License-Identifier: GPL-3.0-or-later
 * address.h - which network addresses belong to the public internet.
 *
 * A server that connects to where a stranger points it must not reach what only it can reach: its
 * own machine, its own network, a cloud's metadata service. The check is made on the address that
 * is about to be connected to, so that a name that changes its mind between look-up and use (DNS
 * rebinding) gains nothing. Sources: the IANA special-purpose address registries (RFC 6890 and its
 * updates), RFC 4291, RFC 6052. Threads: pure functions.
 */
#ifndef AIVE_NET_ADDRESS_H
#define AIVE_NET_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* IPv4 and IPv6, IPv4 inside of IPv6 included; anything else is not public. */
bool address_public(const struct sockaddr *a);

#endif
