/*
 * The upper bound of fan-out: one thread that only sends a ready frame to every open websocket.
 *
 *     fanout_server PORT PUBLISH_PORT
 *
 * Readers open websockets on PORT. The body of each HTTP POST to PUBLISH_PORT goes to all of them as one text frame.
 * The server speaks only as much HTTP and websocket as the load generator needs. It drops a reader whose socket
 * buffer is full, where a real server would queue.
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"

enum { MAX_FILES = 1 << 16, MAX_REQUEST = 1 << 17, MAX_FRAME_HEADER = 10, EVENTS = 512 };

/* The role of a file descriptor. A reader is GUEST until its handshake is complete. */
enum role { NONE, LISTENER, PUBLISH_LISTENER, GUEST, READER, PUBLISHER };

static enum role roles[MAX_FILES];

/* The readers without gaps, so a broadcast walks through plain memory; `places` has the index of each. */
static int readers[MAX_FILES];
static int places[MAX_FILES];
static int reader_count;

/* The request of the one publisher, as far as it has arrived. */
static char request[MAX_REQUEST + 1];
static size_t request_size;

static int poller;

static void watch(int fd, enum role role)
{
    if (fd >= MAX_FILES) {
        fprintf(stderr, "too many connections\n");
        exit(1);
    }
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0)
        die("epoll_ctl");
    roles[fd] = role;
}

static void listen_on(const char *port, enum role role)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), yes = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 8192) < 0)
        die("listen");
    watch(fd, role);
}

static void drop(int fd)
{
    if (roles[fd] == READER) {
        int last = readers[--reader_count];
        readers[places[fd]] = last;
        places[last] = places[fd];
    }
    if (roles[fd] == PUBLISHER)
        request_size = 0;
    roles[fd] = NONE;
    close(fd);
}

static void accept_all(int listener, enum role role)
{
    int fd, yes = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        watch(fd, role);
    }
}

/* Send a whole buffer at once, and return whether the socket accepted all of it. */
static int sent(int fd, const void *data, size_t size)
{
    return send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)size;
}

/* Receive without waiting. Returns 0 if there is no data, or if the connection has ended, which drops it. */
static size_t received(int fd, void *buffer, size_t room)
{
    ssize_t size = recv(fd, buffer, room, 0);
    if (size > 0)
        return (size_t)size;
    if (size == 0 || errno != EAGAIN)
        drop(fd);
    return 0;
}

static void welcome(int fd)
{
    static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                 "Sec-WebSocket-Accept: " WEBSOCKET_ACCEPT "\r\n\r\n";
    char handshake[4096];
    size_t size = received(fd, handshake, sizeof handshake - 1);
    if (!size)
        return;
    handshake[size] = 0;
    if (!strstr(handshake, WEBSOCKET_KEY) || !sent(fd, answer, sizeof answer - 1)) {
        drop(fd);
        return;
    }
    roles[fd] = READER;
    places[fd] = reader_count;
    readers[reader_count++] = fd;
}

/* Send `body` to all readers as one text frame. */
static void broadcast(const char *body, size_t size)
{
    /* Aligned, because the kernel copies it once for each reader. */
    static _Alignas(64) unsigned char frame[MAX_FRAME_HEADER + MAX_REQUEST];
    size_t header = 0, length_bytes = size < 126 ? 0 : size <= UINT16_MAX ? 2 : 8;
    frame[header++] = FIN | OP_TEXT;
    frame[header++] = length_bytes == 0 ? (unsigned char)size : length_bytes == 2 ? 126 : 127;
    for (size_t n = length_bytes; n-- > 0;)
        frame[header++] = (unsigned char)((uint64_t)size >> (8 * n));
    memcpy(frame + header, body, size);
    for (int n = 0; n < reader_count; n++)
        if (!sent(readers[n], frame, header + size))
            /* The last reader takes the place of the one that is dropped. */
            drop(readers[n--]);
}

static void take_request(int fd)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    size_t size = received(fd, request + request_size, MAX_REQUEST - request_size);
    if (!size)
        return;
    request_size += size;
    request[request_size] = 0;
    char *body = strstr(request, "\r\n\r\n"), *length = strcasestr(request, "\r\nContent-Length:");
    if (!body || !length)
        return;
    body += 4;
    size_t wanted = strtoul(length + sizeof "\r\nContent-Length:" - 1, NULL, 10);
    if (request_size - (size_t)(body - request) < wanted)
        return;
    broadcast(body, wanted);
    request_size = 0;
    if (!sent(fd, answer, sizeof answer - 1))
        drop(fd);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s PORT PUBLISH_PORT\n", argv[0]);
        return 2;
    }
    raise_file_limit();
    poller = epoll_create1(0);
    listen_on(argv[1], LISTENER);
    listen_on(argv[2], PUBLISH_LISTENER);
    for (;;) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(poller, events, EVENTS, -1);
        for (int n = 0; n < count; n++) {
            int fd = events[n].data.fd;
            char ignored[4096];
            switch (roles[fd]) {
            case LISTENER:
                accept_all(fd, GUEST);
                break;
            case PUBLISH_LISTENER:
                accept_all(fd, PUBLISHER);
                break;
            case GUEST:
                welcome(fd);
                break;
            case READER: /* Read only pongs and the like, but notice the end of the connection. */
                received(fd, ignored, sizeof ignored);
                break;
            case PUBLISHER:
                take_request(fd);
                break;
            case NONE: /* Dropped by a broadcast after epoll had reported it. */
                break;
            }
        }
    }
}
