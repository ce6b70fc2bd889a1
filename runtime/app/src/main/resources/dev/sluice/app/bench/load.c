// A load generator for HTTP/1.1 that does not get in the way: one thread, one epoll, no allocation while it runs.
//
//   load -t HOST:PORT -c CONNECTIONS -d SECONDS [-w WARM_UP_SECONDS] [-r RATE] [-n REQUESTS] -b BODIES [-p PATH]
//        [-P NAME=PID+PID,...]
//
// Closed loop: every connection sends its next request when it has its answer. With -r an open loop: Poisson arrivals,
// and latency counts from the scheduled arrival, so that time spent waiting for a free connection is part of it.
// With -n so many requests in all, each sent once; ends when the last has ended, or with the time.
// BODIES is a directory of request bodies. In each, sixteen '@' are replaced by a number that differs by request.
// -P names processes whose CPU time and memory are read from /proc at the begin and the end of what is measured.
//
// Prints one line of JSON. Times are milliseconds, CPU times seconds.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000ull
#define MARK "@@@@@@@@@@@@@@@@"
#define MARK_LENGTH 16
#define MAX_BODIES 4096
#define MAX_GROUPS 32
#define MAX_PIDS 64
#define MAX_SAMPLES (1l << 24)
#define MAX_BACKLOG (1l << 20)
#define LAST_EVENT "data: [DONE]\n\n"
#define LAST_EVENT_LENGTH 14

// A request: head and first part of the body, then the number, then the rest.
struct request {
    char *first;
    long first_length;
    char *rest;
    long rest_length;
};

enum state { HEAD, BY_LENGTH, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILER, UNTIL_CLOSE };

struct connection {
    int fd;
    bool busy;
    bool wants_write;
    // The request.
    int request;
    char number[MARK_LENGTH + 1];
    long written;
    uint64_t begun; // when it was due (open loop) or sent
    // The answer.
    enum state state;
    char line[16384]; // the head, later a chunk's size
    int line_length;
    int status;
    long left; // bytes of the body or chunk
    bool answered;
    uint64_t first_byte;
    bool closes;
    bool streams;
    bool ended_line; // the last byte was a line's end
    uint64_t last_event;
    char tail[LAST_EVENT_LENGTH];
};

struct group {
    char name[32];
    int pids[MAX_PIDS];
    int count;
    double cpu_before;
    double cpu_after;
    long rss;
};

// What is asked for.
static char *target;
static int connection_count = 32;
static double seconds = 5;
static double warm_up = 1;
static double rate;
static long request_limit;
static char *path = "/v1/chat/completions";
static struct request requests[MAX_BODIES];
static int request_count;
static struct group groups[MAX_GROUPS];
static int group_count;

// What goes on.
static int poller;
static struct sockaddr_in address;
static struct connection *connections;
static struct connection **idle;
static int idle_count;
static uint64_t *backlog; // arrivals that found no idle connection
static long backlog_head, backlog_tail, backlog_most;
static uint64_t numbers;
static bool measuring;
static uint64_t measured_from;
static long sent, ended;

// What was seen.
static uint32_t *latencies, *first_bytes, *gaps; // microseconds
static long latency_count, first_byte_count, gap_count;
static long good, bad, errors, cut, reconnects, events, bytes;
static int statuses[600];
static int served_by[65536];

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t) t.tv_sec * SECOND + (uint64_t) t.tv_nsec;
}

// Uniform in [0, 1), by xorshift; the same in every run.
static double uniform(void) {
    static uint64_t x = 88172645463325252ull;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return (double) (x >> 11) * (1.0 / 9007199254740992.0);
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

// ---- connections

static void watch(struct connection *c, bool write) {
    if (c->wants_write != write) {
        c->wants_write = write;
        struct epoll_event e = {.events = EPOLLIN | (write ? EPOLLOUT : 0), .data.ptr = c};
        epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &e);
    }
}

static void open_connection(struct connection *c) {
    int on = 1;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0) {
        fail("socket");
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(c->fd, (struct sockaddr *) &address, sizeof address)) {
        fail("connect");
    }
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &e);
    c->wants_write = false;
}

static void reopen(struct connection *c) {
    close(c->fd);
    open_connection(c);
}

// Sends what is left of the request, or as much as the socket takes. False when the connection is broken.
static bool write_request(struct connection *c) {
    struct request *r = &requests[c->request];
    for (;;) {
        struct iovec parts[3];
        int count = 0;
        long at = c->written;
        if (at < r->first_length) {
            parts[count++] = (struct iovec) {r->first + at, (size_t) (r->first_length - at)};
            at = 0;
        } else {
            at -= r->first_length;
        }
        if (at < MARK_LENGTH) {
            parts[count++] = (struct iovec) {c->number + at, (size_t) (MARK_LENGTH - at)};
            at = 0;
        } else {
            at -= MARK_LENGTH;
        }
        if (at < r->rest_length) {
            parts[count++] = (struct iovec) {r->rest + at, (size_t) (r->rest_length - at)};
        }
        if (count == 0) {
            watch(c, false);
            return true;
        }
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t) count};
        ssize_t n = sendmsg(c->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0) {
            if (errno == EAGAIN) {
                watch(c, true);
                return true;
            }
            return false;
        }
        c->written += n;
    }
}

static void start(struct connection *c, uint64_t begun) {
    c->busy = true;
    c->begun = begun;
    c->written = 0;
    c->state = HEAD;
    c->line_length = 0;
    c->answered = false;
    c->closes = false;
    c->streams = false;
    c->ended_line = false;
    c->last_event = 0;
    memset(c->tail, 0, sizeof c->tail);
    c->request = (int) (numbers % (uint64_t) request_count);
    snprintf(c->number, sizeof c->number, "%016lu", (unsigned long) (numbers++ * 2654435761ul % 10000000000000000ul));
    if (!write_request(c)) {
        reopen(c);
        reconnects++;
        c->written = 0;
        if (!write_request(c)) {
            errors++;
        }
    }
}

// The connection has nothing to do: gives it the next request, when there is one.
static void next(struct connection *c) {
    c->busy = false;
    if (request_limit > 0) {
        ended++;
        if (sent < request_limit) {
            sent++;
            start(c, now());
        }
    } else if (rate == 0) {
        start(c, now());
    } else if (backlog_head < backlog_tail) {
        start(c, backlog[backlog_head++ % MAX_BACKLOG]);
    } else {
        idle[idle_count++] = c;
    }
}

// The connection broke or the answer made no sense: the same request again on a new one, unless each is sent once.
static void lost(struct connection *c) {
    errors++;
    reopen(c);
    if (request_limit > 0) {
        next(c);
    } else {
        start(c, c->begun);
    }
}

static void finished(struct connection *c) {
    uint64_t at = now();
    bool was_cut = c->status == 200 && c->streams && memcmp(c->tail, LAST_EVENT, LAST_EVENT_LENGTH) != 0;
    cut += was_cut; // like errors at any time: a stream may last longer than what is measured
    if (measuring && c->begun >= measured_from) {
        statuses[c->status > 0 && c->status < 600 ? c->status : 0]++;
        if (c->status != 200) {
            bad++;
        } else if (!was_cut) {
            good++;
        }
        if (latency_count < MAX_SAMPLES) {
            latencies[latency_count++] = (uint32_t) ((at - c->begun) / 1000);
        }
        if (first_byte_count < MAX_SAMPLES) {
            first_bytes[first_byte_count++] = (uint32_t) ((c->first_byte - c->begun) / 1000);
        }
    }
    if (c->closes) {
        reopen(c);
        reconnects++;
    }
    next(c);
}

// ---- answers

// Looks at bytes of a body: an event ends with an empty line.
static void count_events(struct connection *c, const char *data, long length) {
    const char *end = data + length;
    const char *at = data;
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t) (end - at));
        if (line_end == NULL) {
            break;
        }
        bool empty = line_end > data ? line_end[-1] == '\n' : c->ended_line;
        if (empty && measuring) {
            events++;
            uint64_t t = now();
            if (c->last_event != 0 && gap_count < MAX_SAMPLES) {
                gaps[gap_count++] = (uint32_t) ((t - c->last_event) / 1000);
            }
            c->last_event = t;
        }
        at = line_end + 1;
    }
    if (length >= LAST_EVENT_LENGTH) {
        memcpy(c->tail, end - LAST_EVENT_LENGTH, LAST_EVENT_LENGTH);
    } else if (length > 0) {
        memmove(c->tail, c->tail + length, (size_t) (LAST_EVENT_LENGTH - length));
        memcpy(c->tail + LAST_EVENT_LENGTH - length, data, (size_t) length);
    }
    c->ended_line = end[-1] == '\n';
    if (measuring) {
        bytes += length;
    }
}

// Reads the head's fields when it is whole. Returns the bytes taken, or -1 when it is too long.
static long read_head(struct connection *c, const char *data, long length) {
    long room = (long) sizeof c->line - 1 - c->line_length;
    long taken = length < room ? length : room;
    int before = c->line_length;
    memcpy(c->line + before, data, (size_t) taken);
    c->line_length += (int) taken;
    c->line[c->line_length] = 0;
    char *end = strstr(c->line, "\r\n\r\n");
    if (end == NULL) {
        return taken == 0 ? -1 : taken;
    }
    taken = end + 4 - c->line - before;
    end[2] = 0;
    c->status = atoi(c->line + 9);
    if (c->status == 100) {
        c->line_length = 0;
        return taken;
    }
    if (!c->answered) {
        c->answered = true;
        c->first_byte = now();
    }
    bool chunked = false;
    c->left = -1;
    for (char *field = strstr(c->line, "\r\n"); field != NULL; field = strstr(field, "\r\n")) {
        field += 2;
        if (strncasecmp(field, "content-length:", 15) == 0) {
            c->left = atol(field + 15);
        } else if (strncasecmp(field, "transfer-encoding:", 18) == 0) {
            chunked = true;
        } else if (strncasecmp(field, "connection: close", 17) == 0) {
            c->closes = true;
        } else if (strncasecmp(field, "content-type: text/event-stream", 31) == 0) {
            c->streams = true;
        } else if (strncasecmp(field, "x-served-port:", 14) == 0 && measuring) {
            served_by[atoi(field + 14) & 65535]++;
        }
    }
    c->line_length = 0;
    if (chunked) {
        c->state = CHUNK_SIZE;
    } else if (c->left == 0) {
        finished(c);
    } else {
        c->state = c->left < 0 ? UNTIL_CLOSE : BY_LENGTH;
    }
    return taken;
}

// A byte of a chunk's size line, of the line's end after a chunk, or of the trailer.
static void read_chunk_line(struct connection *c, char byte) {
    if (c->line_length < 1000) {
        c->line[c->line_length++] = byte;
    }
    if (byte != '\n') {
        return;
    }
    c->line[c->line_length] = 0;
    bool empty = c->line_length <= 2;
    c->line_length = 0;
    if (c->state == CHUNK_END) {
        c->state = CHUNK_SIZE;
    } else if (c->state == CHUNK_SIZE) {
        c->left = strtol(c->line, NULL, 16);
        c->state = c->left > 0 ? CHUNK_DATA : TRAILER;
    } else if (empty) {
        finished(c);
    }
}

// Takes bytes that came. False when they make no sense.
static bool feed(struct connection *c, const char *data, long length) {
    while (length > 0) {
        if (!c->busy) {
            return false;
        }
        long taken = length;
        switch (c->state) {
            case HEAD:
                taken = read_head(c, data, length);
                if (taken < 0) {
                    return false;
                }
                break;
            case BY_LENGTH:
            case CHUNK_DATA:
                taken = length < c->left ? length : c->left;
                count_events(c, data, taken);
                c->left -= taken;
                if (c->left == 0 && c->state == BY_LENGTH) {
                    finished(c);
                } else if (c->left == 0) {
                    c->state = CHUNK_END;
                    c->line_length = 0;
                }
                break;
            case CHUNK_SIZE:
            case CHUNK_END:
            case TRAILER:
                taken = 1;
                read_chunk_line(c, *data);
                break;
            case UNTIL_CLOSE:
                count_events(c, data, length);
                break;
        }
        data += taken;
        length -= taken;
    }
    return true;
}

static void readable(struct connection *c) {
    static char buffer[1 << 18];
    ssize_t n = recv(c->fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) {
        return;
    }
    if (n > 0) {
        if (!feed(c, buffer, n)) {
            if (c->busy) {
                lost(c);
            } else {
                errors++;
                reopen(c);
            }
        }
        return;
    }
    reconnects++;
    if (!c->busy) {
        reopen(c);
    } else if (c->state == UNTIL_CLOSE) {
        reopen(c);
        c->closes = false;
        finished(c);
    } else {
        lost(c);
    }
}

// ---- processes

static double cpu_seconds(int pid) {
    char name[64], text[1024];
    snprintf(name, sizeof name, "/proc/%d/stat", pid);
    FILE *file = fopen(name, "r");
    if (file == NULL) {
        return 0;
    }
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    unsigned long user = 0, system = 0;
    char *end = strrchr(text, ')');
    if (end != NULL) {
        sscanf(end + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    }
    return (double) (user + system) / (double) sysconf(_SC_CLK_TCK);
}

static long rss_kilobytes(int pid) {
    char name[64], line[256];
    snprintf(name, sizeof name, "/proc/%d/status", pid);
    FILE *file = fopen(name, "r");
    long rss = 0;
    if (file == NULL) {
        return 0;
    }
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "VmRSS:", 6) == 0) {
            rss = atol(line + 6);
        }
    }
    fclose(file);
    return rss;
}

static void read_processes(bool after) {
    for (int i = 0; i < group_count; i++) {
        double cpu = 0;
        long rss = 0;
        for (int j = 0; j < groups[i].count; j++) {
            cpu += cpu_seconds(groups[i].pids[j]);
            rss += rss_kilobytes(groups[i].pids[j]);
        }
        *(after ? &groups[i].cpu_after : &groups[i].cpu_before) = cpu;
        groups[i].rss = rss;
    }
}

static double own_cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

// ---- what is asked for

static void add_body(const char *file_name) {
    FILE *file = fopen(file_name, "r");
    if (file == NULL) {
        fail(file_name);
    }
    fseek(file, 0, SEEK_END);
    long length = ftell(file);
    rewind(file);
    char *body = malloc((size_t) length + 1);
    if (fread(body, 1, (size_t) length, file) != (size_t) length) {
        fail(file_name);
    }
    fclose(file);
    char *mark = memmem(body, (size_t) length, MARK, MARK_LENGTH);
    if (mark == NULL) {
        fprintf(stderr, "no " MARK " in %s\n", file_name);
        exit(1);
    }
    char head[4096];
    int head_length = snprintf(head, sizeof head,
        "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: load/1\r\nAccept: */*\r\n"
        "Content-Type: application/json\r\nContent-Length: %ld\r\n\r\n",
        path, target, length);
    struct request *r = &requests[request_count++];
    r->first_length = head_length + (mark - body);
    r->first = malloc((size_t) r->first_length);
    memcpy(r->first, head, (size_t) head_length);
    memcpy(r->first + head_length, body, (size_t) (mark - body));
    r->rest = mark + MARK_LENGTH;
    r->rest_length = length - (mark - body) - MARK_LENGTH;
}

static void add_bodies(const char *directory) {
    struct dirent **entries;
    int count = scandir(directory, &entries, NULL, alphasort);
    if (count < 0) {
        fail(directory);
    }
    for (int i = 0; i < count && request_count < MAX_BODIES; i++) {
        if (entries[i]->d_name[0] != '.') {
            char name[8192];
            snprintf(name, sizeof name, "%s/%s", directory, entries[i]->d_name);
            add_body(name);
        }
        free(entries[i]);
    }
    free(entries);
}

static void add_groups(char *text) {
    for (char *part = strtok(text, ","); part != NULL && group_count < MAX_GROUPS; part = strtok(NULL, ",")) {
        struct group *g = &groups[group_count++];
        char *equals = strchr(part, '=');
        if (equals == NULL) {
            fprintf(stderr, "-P NAME=PID+PID,...\n");
            exit(1);
        }
        *equals = 0;
        snprintf(g->name, sizeof g->name, "%s", part);
        for (char *at = equals + 1; *at != 0 && g->count < MAX_PIDS; at += *at == '+') {
            g->pids[g->count++] = (int) strtol(at, &at, 10);
        }
    }
}

static void read_arguments(int count, char **arguments) {
    char *bodies = NULL;
    for (int option; (option = getopt(count, arguments, "t:c:d:w:r:n:b:p:P:")) > 0;) {
        switch (option) {
            case 't': target = optarg; break;
            case 'c': connection_count = atoi(optarg); break;
            case 'd': seconds = atof(optarg); break;
            case 'w': warm_up = atof(optarg); break;
            case 'r': rate = atof(optarg); break;
            case 'n': request_limit = atol(optarg); break;
            case 'b': bodies = optarg; break;
            case 'p': path = optarg; break;
            case 'P': add_groups(optarg); break;
            default: exit(1);
        }
    }
    char host[64];
    int port;
    if (target == NULL || bodies == NULL || sscanf(target, "%63[^:]:%d", host, &port) != 2) {
        fprintf(stderr, "load -t HOST:PORT -b BODIES; see the head of load.c\n");
        exit(1);
    }
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t) port);
    inet_pton(AF_INET, host, &address.sin_addr);
    add_bodies(bodies);
}

// ---- the run

// Open loop: starts what is due. Returns when the next request is due.
static uint64_t start_due(uint64_t due, uint64_t at) {
    while (due <= at) {
        if (idle_count > 0) {
            start(idle[--idle_count], due);
        } else {
            backlog[backlog_tail++ % MAX_BACKLOG] = due;
            long waiting = backlog_tail - backlog_head;
            backlog_most = waiting > backlog_most ? waiting : backlog_most;
            if (waiting >= MAX_BACKLOG) {
                fprintf(stderr, "overload\n");
                exit(2);
            }
        }
        due += (uint64_t) (-log(1 - uniform()) / rate * 1e9);
    }
    return due;
}

static void begin(void) {
    for (int i = 0; i < connection_count; i++) {
        open_connection(&connections[i]);
    }
    for (int i = 0; i < connection_count; i++) {
        if (rate > 0) {
            idle[idle_count++] = &connections[i];
        } else if (request_limit == 0 || sent < request_limit) {
            sent++;
            start(&connections[i], now());
        }
    }
}

static void wait_until(uint64_t deadline) {
    static struct epoll_event ready[1024];
    uint64_t at = now();
    uint64_t left = deadline > at ? deadline - at : 0;
    struct timespec timeout = {(time_t) (left / SECOND), (long) (left % SECOND)};
    int count = epoll_pwait2(poller, ready, 1024, &timeout, NULL);
    for (int i = 0; i < count; i++) {
        struct connection *c = ready[i].data.ptr;
        if ((ready[i].events & EPOLLOUT) && !write_request(c)) {
            lost(c);
        } else if (ready[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
            readable(c);
        }
    }
}

static int ascending(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;
    return (x > y) - (x < y);
}

// The smallest value that the share p of all does not exceed, in milliseconds.
static double percentile(const uint32_t *sorted, long count, double p) {
    long index = (long) ceil(p * (double) count) - 1;
    return count == 0 ? 0 : sorted[index < 0 ? 0 : index] / 1000.0;
}

static void report(double elapsed, double own_cpu) {
    qsort(latencies, (size_t) latency_count, sizeof *latencies, ascending);
    qsort(first_bytes, (size_t) first_byte_count, sizeof *first_bytes, ascending);
    qsort(gaps, (size_t) gap_count, sizeof *gaps, ascending);
    long unfinished = 0;
    for (int i = 0; i < connection_count; i++) {
        unfinished += connections[i].busy;
    }
    printf("{\"target\":\"%s\",\"connections\":%d,\"rate\":%.0f,\"seconds\":%.3f", target, connection_count, rate, elapsed);
    printf(",\"good\":%ld,\"bad\":%ld,\"cut\":%ld,\"errors\":%ld,\"reconnects\":%ld,\"unfinished\":%ld",
        good, bad, cut, errors, reconnects, unfinished);
    printf(",\"perSecond\":%.1f", (double) (good + bad) / elapsed);
    printf(",\"p50\":%.3f,\"p95\":%.3f,\"p99\":%.3f,\"max\":%.3f",
        percentile(latencies, latency_count, .5), percentile(latencies, latency_count, .95),
        percentile(latencies, latency_count, .99), percentile(latencies, latency_count, 1));
    printf(",\"firstByteP50\":%.3f,\"firstByteP99\":%.3f",
        percentile(first_bytes, first_byte_count, .5), percentile(first_bytes, first_byte_count, .99));
    printf(",\"events\":%ld,\"gapP50\":%.3f,\"gapP99\":%.3f,\"bytes\":%ld,\"backlog\":%ld",
        events, percentile(gaps, gap_count, .5), percentile(gaps, gap_count, .99), bytes, backlog_most);
    printf(",\"cpu\":{\"load\":%.4f", own_cpu);
    for (int i = 0; i < group_count; i++) {
        printf(",\"%s\":%.4f", groups[i].name, groups[i].cpu_after - groups[i].cpu_before);
    }
    printf("},\"rssKb\":{");
    for (int i = 0; i < group_count; i++) {
        printf("%s\"%s\":%ld", i > 0 ? "," : "", groups[i].name, groups[i].rss);
    }
    printf("},\"status\":{");
    const char *comma = "";
    for (int i = 0; i < 600; i++) {
        if (statuses[i] > 0) {
            printf("%s\"%d\":%d", comma, i, statuses[i]);
            comma = ",";
        }
    }
    printf("},\"servedBy\":{");
    comma = "";
    for (int i = 0; i < 65536; i++) {
        if (served_by[i] > 0) {
            printf("%s\"%d\":%d", comma, i, served_by[i]);
            comma = ",";
        }
    }
    printf("}}\n");
}

int main(int count, char **arguments) {
    signal(SIGPIPE, SIG_IGN);
    read_arguments(count, arguments);
    latencies = malloc(MAX_SAMPLES * sizeof *latencies);
    first_bytes = malloc(MAX_SAMPLES * sizeof *first_bytes);
    gaps = malloc(MAX_SAMPLES * sizeof *gaps);
    backlog = malloc(MAX_BACKLOG * sizeof *backlog);
    connections = calloc((size_t) connection_count, sizeof *connections);
    idle = calloc((size_t) connection_count, sizeof *idle);
    poller = epoll_create1(0);

    uint64_t begun = now();
    uint64_t end = begun + (uint64_t) ((warm_up + seconds) * 1e9);
    uint64_t due = begun, from = 0;
    double own_cpu = 0;
    measured_from = begun + (uint64_t) (warm_up * 1e9);
    if (warm_up == 0) {
        measuring = true;
        read_processes(false);
        from = begun;
    }
    begin();
    for (;;) {
        uint64_t at = now();
        if (!measuring && at >= measured_from) {
            measuring = true;
            read_processes(false);
            own_cpu = own_cpu_seconds();
            from = now();
        }
        if (at >= end || (request_limit > 0 && ended >= request_limit)) {
            break;
        }
        uint64_t deadline = measuring ? end : measured_from;
        if (rate > 0) {
            due = start_due(due, at);
            deadline = due < deadline ? due : deadline;
        }
        wait_until(deadline);
    }
    uint64_t to = now();
    read_processes(true);
    report((double) (to - from) / 1e9, own_cpu_seconds() - own_cpu);
    return 0;
}
