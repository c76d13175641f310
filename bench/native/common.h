/* Definitions shared by the server and the load generator of `make bench`. */

#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

/*
 * The example of RFC 6455, section 1.3. The load generator sends this key in every handshake, so the fitting answer is
 * known and the server computes no SHA-1.
 */
#define WEBSOCKET_KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define WEBSOCKET_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

/* Opcodes and bits of RFC 6455, section 5.2. */
enum { OP_TEXT = 0x1, OP_CLOSE = 0x8, OP_PING = 0x9, OP_PONG = 0xa, FIN = 0x80, COMPRESSED = 0x40 };

static inline _Noreturn void die(const char *what)
{
    perror(what);
    exit(1);
}

/* Allow this process as many open sockets as the system allows. */
static inline void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        die("getrlimit");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        die("setrlimit");
}

#endif
