/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/address.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct range {
    uint8_t start[16];
    int bits; /* of `start` that count */
};

static const struct range not_public_4[] = {
    {{0}, 8},             /* this network */
    {{10}, 8},            /* private */
    {{100, 64}, 10},      /* behind a carrier's NAT */
    {{127}, 8},           /* loopback */
    {{169, 254}, 16},     /* link-local, metadata services */
    {{172, 16}, 12},      /* private */
    {{192, 0, 0}, 24},    /* protocol assignments */
    {{192, 0, 2}, 24},    /* documentation */
    {{192, 88, 99}, 24},  /* 6to4 relays, given up */
    {{192, 168}, 16},     /* private */
    {{198, 18}, 15},      /* benchmarks */
    {{198, 51, 100}, 24}, /* documentation */
    {{203, 0, 113}, 24},  /* documentation */
    {{224}, 4},           /* multicast */
    {{240}, 4},           /* reserved, broadcast */
};

/* Public IPv6 unicast is 2000::/3; these parts of it are not. */
static const struct range not_public_6[] = {
    {{0x20, 0x01}, 23},             /* protocol assignments, Teredo */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x3f, 0xff}, 20},             /* documentation */
};

/* IPv6 that carries an IPv4 address from byte `at` on. */
static const struct carrier {
    struct range range;
    int at;
} carriers[] = {
    {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96}, 12}, /* mapped */
    {{{0, 0x64, 0xff, 0x9b}, 96}, 12},                      /* NAT64 */
    {{{0x20, 0x02}, 16}, 2},                                /* 6to4 */
};

static bool inside(const uint8_t *address, const struct range *r)
{
    int whole = r->bits / 8, rest = r->bits % 8;
    if (memcmp(address, r->start, (size_t)whole) != 0)
        return false;
    return rest == 0 || (address[whole] ^ r->start[whole]) >> (8 - rest) == 0;
}

static bool in_any(const uint8_t *address, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (inside(address, &ranges[i]))
            return true;
    return false;
}

static bool public_4(const uint8_t *address)
{
    return !in_any(address, not_public_4, sizeof not_public_4 / sizeof *not_public_4);
}

static bool public_6(const uint8_t *address)
{
    static const struct range global = {{0x20}, 3};
    for (size_t i = 0; i < sizeof carriers / sizeof *carriers; i++)
        if (inside(address, &carriers[i].range))
            return public_4(address + carriers[i].at);
    return inside(address, &global) &&
           !in_any(address, not_public_6, sizeof not_public_6 / sizeof *not_public_6);
}

bool address_public(const struct sockaddr *a)
{
    if (a->sa_family == AF_INET)
        return public_4((const uint8_t *)&((const struct sockaddr_in *)(const void *)a)->sin_addr);
    if (a->sa_family == AF_INET6)
        return public_6((const uint8_t *)&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr);
    return false;
}
