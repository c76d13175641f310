/*
 * The load generator of `make bench`: opens many websockets to one server, publishes messages by HTTP POST and takes
 * the time from each POST until the last reader has the message. Then it publishes the next message.
 *
 *     fanout_client --port 8000 --path /ws/ --readers 1000 --messages 100
 *
 *     --port, --path                  of the websockets, on this machine
 *     --publish-port, --publish-path  of the POST; the port is the same unless given
 *     --readers                       websockets
 *     --messages                      messages that are measured; may be 0
 *     --warm-up                       messages before, which are not measured (3)
 *     --idle                          seconds to wait between the last handshake and the first message
 *     --pids                          processes of the server, separated by commas; their CPU and memory are measured
 *     --deflate                       offer permessage-deflate (RFC 7692), as browsers do
 *
 * Prints one JSON object:
 *
 *     setup_rate      handshakes per second
 *     kib_per_conn    memory (RSS) by which the server grew, per reader, in KiB
 *     rate            deliveries per second
 *     p50_ms          median time until the last reader has a message, in milliseconds
 *     cpu_per_100k    seconds of CPU that the server used for 100,000 deliveries
 *     bytes_per_msg   bytes that a reader receives for a message
 *
 * Any error, such as a lost reader or message, ends the program with status 1 and a message on standard error.
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common.h"

enum {
    MESSAGE_SIZE = 2048,
    MAX_HANDSHAKES = 64, /* at once */
    PATIENCE = 30,       /* seconds without any progress */
    FRAME_START = 64,    /* bytes of a frame that are kept: its header and the number of the message */
    EVENTS = 1024,
    READERS_PER_ADDRESS = 5000,
};

struct reader {
    int fd;
    int is_open;     /* the handshake is complete */
    int last;        /* the number of the last message, -1 for none */
    int compressed;  /* compressed frames so far */
    uint64_t seen;   /* bytes of the present frame so far */
    uint64_t size;   /* of the present frame with its header; 0 until the header is complete */
    unsigned char start[FRAME_START + 1];
};

static struct {
    int port, publish_port, readers, messages, warm_up, idle, deflate;
    const char *path, *publish_path;
    char *pids;
} option = {.port = 8000, .readers = 100, .messages = 10, .warm_up = 3, .path = "/", .publish_path = "/"};

static int poller;
static int opened;              /* readers whose handshake is complete */
static int current = -1;        /* the number of the message that is on its way */
static int arrived;             /* readers that have it */
static int publisher;           /* the socket of the POSTs */
static int answered;            /* the server has answered the last POST */
static uint64_t bytes_received; /* by all readers */
static unsigned char buffer[1 << 18];

static _Noreturn __attribute__((format(printf, 1, 2))) void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* --- The server's processes ---------------------------------------------------------------------------------------*/

struct usage {
    double cpu; /* seconds */
    double kib; /* resident memory */
};

/* Sum up /proc/PID/stat, see proc(5): utime and stime are fields 14 and 15, rss is 24. */
static struct usage usage_of_server(void)
{
    struct usage sum = {0, 0};
    for (char *pid = option.pids; pid && *pid; pid = strchr(pid, ',') ? strchr(pid, ',') + 1 : NULL) {
        char name[64], line[2048];
        snprintf(name, sizeof name, "/proc/%d/stat", atoi(pid));
        FILE *file = fopen(name, "r");
        if (!file)
            die(name);
        char *field = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
        fclose(file);
        double values[25] = {0};
        for (int n = 3; field && n < 25; n++) {
            field = strchr(field + 1, ' ');
            values[n] = field ? atof(field) : 0;
        }
        sum.cpu += (values[14] + values[15]) / (double)sysconf(_SC_CLK_TCK);
        sum.kib += values[24] * (double)sysconf(_SC_PAGESIZE) / 1024;
    }
    return sum;
}

/* --- Readers ------------------------------------------------------------------------------------------------------*/

/* Connect from 127.0.0.`host`: one address has fewer than 30,000 ports for connections to one server. */
static int connect_to(int port, unsigned host)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl((INADDR_LOOPBACK & ~0xffu) + host)};
    if (fd < 0)
        die("socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    /* The port is chosen by connect(2), see ip(7). */
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0)
        die("bind");
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        die("connect");
    return fd;
}

static void send_all(int fd, const void *data, size_t size)
{
    if (send(fd, data, size, MSG_NOSIGNAL) != (ssize_t)size)
        die("send");
}

/* Make epoll report `fd` with `about`, which is NULL for the publisher. */
static void watch(int fd, struct reader *about)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = about};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0)
        die("epoll_ctl");
}

static void start_handshake(struct reader *reader, unsigned number)
{
    char request[2048];
    int size = snprintf(request, sizeof request,
                        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nOrigin: http://127.0.0.1:%d\r\n"
                        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: " WEBSOCKET_KEY "\r\n%s\r\n",
                        option.path, option.port, option.port,
                        option.deflate ? "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" : "");
    if (size >= (int)sizeof request)
        fail("the path is too long");
    reader->last = -1;
    reader->fd = connect_to(option.port, 1 + number / READERS_PER_ADDRESS);
    send_all(reader->fd, request, (size_t)size);
    watch(reader->fd, reader);
}

/* Read the answer to the handshake, but none of the frames after it. */
static void finish_handshake(struct reader *reader)
{
    char answer[4096];
    ssize_t size = recv(reader->fd, answer, sizeof answer - 1, MSG_PEEK | MSG_DONTWAIT);
    if (size <= 0)
        fail("a reader was refused");
    answer[size] = 0;
    char *end = strstr(answer, "\r\n\r\n");
    if (!end) {
        if (size == sizeof answer - 1)
            fail("the answer to a handshake has no end");
        return;
    }
    if (!strstr(answer, " 101 ") || !strstr(answer, WEBSOCKET_ACCEPT))
        fail("a handshake failed: %.200s", answer);
    size = end + 4 - answer;
    if (recv(reader->fd, answer, (size_t)size, MSG_DONTWAIT) != size)
        die("recv");
    reader->is_open = 1;
    opened++;
}

/* The size of a server's frame with its header, by RFC 6455, section 5.2; 0 if the header is not complete. */
static uint64_t size_of_frame(const unsigned char *start, uint64_t seen)
{
    if (seen < 2)
        return 0;
    unsigned header = start[1] < 126 ? 2 : start[1] == 126 ? 4 : 10;
    if (seen < header)
        return 0;
    uint64_t size = start[1] < 126 ? start[1] : 0;
    for (unsigned n = 2; n < header; n++)
        size = size << 8 | start[n];
    return header + size;
}

/* The number in {"seq":12,"html":"…"}, with or without a space; -1 for any other text, such as a welcome. */
static int number_of_message(const unsigned char *payload)
{
    static const char begin[] = "{\"seq\":";
    if (memcmp(payload, begin, sizeof begin - 1) != 0)
        return -1;
    return atoi((const char *)payload + sizeof begin - 1);
}

static void take_frame(struct reader *reader)
{
    unsigned char *start = reader->start;
    size_t header = start[1] < 126 ? 2 : start[1] == 126 ? 4 : 10;
    int opcode = start[0] & 0xf, number = -1;
    start[reader->size < FRAME_START ? reader->size : FRAME_START] = 0;
    if (opcode == OP_TEXT && start[0] & COMPRESSED)
        /* From now on the server only sends messages, in order. */
        number = reader->compressed++;
    else if (opcode == OP_TEXT)
        number = number_of_message(start + header);
    else if (opcode == OP_PING && reader->size <= FRAME_START) {
        /* A client masks its frames; the mask is four zeros. */
        unsigned char pong[FRAME_START + 4] = {FIN | OP_PONG, FIN | start[1]};
        memcpy(pong + 6, start + 2, start[1]);
        send_all(reader->fd, pong, 6u + start[1]);
    } else if (opcode == OP_CLOSE)
        fail("the server closed a reader");
    if (number >= 0 && number == current && reader->last != number) {
        reader->last = number;
        arrived++;
    }
}

static void read_frames(struct reader *reader)
{
    ssize_t received = recv(reader->fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (received < 0 && errno == EAGAIN)
        return;
    if (received <= 0)
        fail("a reader was lost");
    bytes_received += (uint64_t)received;
    const unsigned char *data = buffer, *end = buffer + received;
    while (data < end) {
        if (!reader->size) {
            reader->start[reader->seen++] = *data++;
            reader->size = size_of_frame(reader->start, reader->seen);
        } else {
            uint64_t taken = reader->size - reader->seen, kept = 0;
            if (taken > (uint64_t)(end - data))
                taken = (uint64_t)(end - data);
            if (reader->seen < FRAME_START)
                kept = taken < FRAME_START - reader->seen ? taken : FRAME_START - reader->seen;
            memcpy(reader->start + reader->seen, data, kept);
            reader->seen += taken;
            data += taken;
        }
        if (reader->size && reader->seen == reader->size) {
            take_frame(reader);
            reader->seen = reader->size = 0;
        }
    }
}

/* --- The publisher ------------------------------------------------------------------------------------------------*/

/* Write message `number` into `text`, MESSAGE_SIZE bytes of JSON with markup that compresses as an update does. */
static void write_message(char *text, int number)
{
    static const char *words[] = {"<p>", "</p>", "ministers ", "of ", "the ", "alliance ", "<em>tonight</em> ", "meet "};
    uint32_t random = 1;
    int size = sprintf(text, "{\"seq\":%d,\"html\":\"", number);
    while (size < MESSAGE_SIZE - 2) {
        char word[32];
        random = random * 1664525u + 1013904223u;
        uint32_t dice = random >> 16;
        int length = dice % 3 ? sprintf(word, "%s", words[dice % 8]) : sprintf(word, "%u ", dice % 1000);
        if (length > MESSAGE_SIZE - 2 - size)
            length = MESSAGE_SIZE - 2 - size;
        memcpy(text + size, word, (size_t)length);
        size += length;
    }
    memcpy(text + size, "\"}", 2);
}

static void publish(int number)
{
    char request[1024 + MESSAGE_SIZE + 64];
    int size = snprintf(request, 1024,
                        "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
                        "Content-Length: %d\r\n\r\n",
                        option.publish_path, option.publish_port, MESSAGE_SIZE);
    write_message(request + size, number);
    current = number;
    arrived = answered = 0;
    send_all(publisher, request, (size_t)size + MESSAGE_SIZE);
}

static void read_answer(void)
{
    static char answer[8192];
    static size_t size;
    ssize_t received = recv(publisher, answer + size, sizeof answer - 1 - size, MSG_DONTWAIT);
    if (received <= 0)
        fail("the server closed the publisher's connection");
    size += (size_t)received;
    answer[size] = 0;
    char *body = strstr(answer, "\r\n\r\n"), *length = strcasestr(answer, "\r\nContent-Length:");
    if (!body)
        return;
    if (strncmp(answer, "HTTP/1.1 2", 10) != 0)
        fail("a message was refused: %.300s", answer);
    size_t wanted = length ? strtoul(length + sizeof "\r\nContent-Length:" - 1, NULL, 10) : 0;
    if (size - (size_t)(body + 4 - answer) >= wanted) {
        size = 0;
        answered = 1;
    }
}

/* --- Phases -------------------------------------------------------------------------------------------------------*/

/* Wait for events for at most `timeout` milliseconds, and return after handling the first ones. */
static void poll_once(int timeout)
{
    static struct epoll_event events[EVENTS];
    int count = epoll_wait(poller, events, EVENTS, timeout);
    for (int n = 0; n < count; n++) {
        struct reader *reader = events[n].data.ptr;
        if (!reader)
            read_answer();
        else if (reader->is_open)
            read_frames(reader);
        else
            finish_handshake(reader);
    }
}

static void connect_all(struct reader *readers)
{
    double progress = now();
    for (int started = 0, before = 0; opened < option.readers;) {
        for (; started < option.readers && started - opened < MAX_HANDSHAKES; started++)
            start_handshake(&readers[started], (unsigned)started);
        poll_once(100);
        if (opened > before) {
            before = opened;
            progress = now();
        } else if (now() - progress > PATIENCE)
            fail("only %d of %d readers were let in", opened, option.readers);
    }
}

/* Publish a message, wait for all readers, and return the seconds until the last one had it. */
static double deliver(int number)
{
    double begin = now(), seconds = -1;
    publish(number);
    while (seconds < 0 || !answered) {
        poll_once(100);
        double passed = now() - begin;
        if (seconds < 0 && arrived == option.readers)
            seconds = passed;
        if (passed > PATIENCE)
            fail("message %d came to %d of %d readers", number, arrived, option.readers);
    }
    return seconds;
}

static void parse(int argc, char **argv)
{
    static const struct option names[] = {
        {"port", required_argument, NULL, 'p'},         {"path", required_argument, NULL, 'P'},
        {"publish-port", required_argument, NULL, 'u'}, {"publish-path", required_argument, NULL, 'U'},
        {"readers", required_argument, NULL, 'n'},      {"messages", required_argument, NULL, 'm'},
        {"warm-up", required_argument, NULL, 'w'},      {"idle", required_argument, NULL, 'i'},
        {"pids", required_argument, NULL, 'r'},         {"deflate", no_argument, NULL, 'z'},
        {NULL, 0, NULL, 0},
    };
    for (int name; (name = getopt_long(argc, argv, "", names, NULL)) != -1;)
        switch (name) {
        case 'p': option.port = atoi(optarg); break;
        case 'P': option.path = optarg; break;
        case 'u': option.publish_port = atoi(optarg); break;
        case 'U': option.publish_path = optarg; break;
        case 'n': option.readers = atoi(optarg); break;
        case 'm': option.messages = atoi(optarg); break;
        case 'w': option.warm_up = atoi(optarg); break;
        case 'i': option.idle = atoi(optarg); break;
        case 'r': option.pids = optarg; break;
        case 'z': option.deflate = 1; break;
        default: exit(2);
        }
    if (!option.publish_port)
        option.publish_port = option.port;
    if (option.readers < 1 || option.messages < 0 || option.warm_up < 0 || strlen(option.publish_path) > 512)
        fail("a number or a path is out of range");
}

static int by_size(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

int main(int argc, char **argv)
{
    parse(argc, argv);
    raise_file_limit();
    poller = epoll_create1(0);
    struct reader *readers = calloc((size_t)option.readers, sizeof *readers);
    double *times = calloc((size_t)option.messages + 1, sizeof *times);
    if (!readers || !times)
        die("calloc");

    struct usage before = usage_of_server();
    double begin = now();
    connect_all(readers);
    double setup = now() - begin;

    /* Wait until welcomes have arrived and the memory of the server has settled. */
    for (double end = now() + (option.idle ? option.idle : 0.3); now() < end;)
        poll_once(50);
    double kib = usage_of_server().kib - before.kib;

    publisher = connect_to(option.publish_port, 1);
    watch(publisher, NULL);
    for (int number = 0; number < option.warm_up; number++)
        deliver(number);
    double cpu = usage_of_server().cpu, total = 0;
    uint64_t bytes = bytes_received;
    for (int number = 0; number < option.messages; number++)
        total += times[number] = deliver(option.warm_up + number);
    cpu = usage_of_server().cpu - cpu;
    bytes = bytes_received - bytes;
    qsort(times, (size_t)option.messages, sizeof *times, by_size);

    double deliveries = (double)option.readers * option.messages;
    printf("{\"setup_rate\": %.0f, \"kib_per_conn\": %.2f", option.readers / setup, kib / option.readers);
    if (deliveries > 0)
        printf(", \"rate\": %.0f, \"p50_ms\": %.3f, \"cpu_per_100k\": %.4f, \"bytes_per_msg\": %.1f", deliveries / total,
               1e3 * times[option.messages / 2], 1e5 * cpu / deliveries, (double)bytes / deliveries);
    printf("}\n");
    return 0;
}
