// Stand-ins for vLLM servers that cost next to nothing: one thread, one epoll, canned answers, any number of ports.
//
//   backend -p PORTS -m METRICS_FILE [-n EVENTS] [-i MICROSECONDS]
//
// Listens on free ports of 127.0.0.1 and prints them on one line. Serves
//   POST anything   a chat completion of 690 characters; when the request's first 2 KB say "stream":true, a stream of
//                   EVENTS events (default 200) with MICROSECONDS (default 10,000) between them, as vLLM sends it: a role,
//                   content, a last content with finish_reason "stop", usage when asked for, [DONE]
//   GET /metrics    the file
//   GET /v1/models  one model, test-model
// Answers carry x-served-port. Ends with its standard input.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000ull
#define MAX_STREAMS 65536
#define TEXT_LENGTH 690
#define ID "{\"id\":\"chatcmpl-0123456789abcdef0123456789abcdef\","
#define MODEL "\"created\":1760000000,\"model\":\"test-model\",\"choices\":["
#define CHUNK "data: " ID "\"object\":\"chat.completion.chunk\"," MODEL

enum kind { INPUT, LISTENER, CONNECTION };
enum state { HEAD, BY_LENGTH, CHUNKED, STREAMING };
enum chunk_state { SIZE, DATA, DATA_END, LAST_END };

struct connection {
    enum kind kind;
    int fd;
    int port;
    bool wants_write;
    // The request.
    enum state state;
    char *in;
    long in_length, in_capacity;
    long left; // bytes of a body by length
    enum chunk_state chunk_state;
    long chunk_left;
    bool get;
    char path[64];
    char start[2048]; // of the body
    long start_length;
    // The answer, where the socket did not take it at once.
    char *out;
    long out_length, out_capacity, out_at;
    // The stream.
    bool usage;
    int sent;
    uint64_t due;
    int index; // in streams, or -1
};

static int poller;
static char *metrics;
static long metrics_length;
static int events = 200;
static long interval_us = 10000;
static char answer[4096];
static long answer_length;
static struct connection *streams[MAX_STREAMS];
static int stream_count;

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t) t.tv_sec * SECOND + (uint64_t) t.tv_nsec;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void *checked(void *memory) {
    if (memory == NULL) {
        fail("memory");
    }
    return memory;
}

// ---- connections

static struct connection *watched(enum kind kind, int fd, int port) {
    struct connection *c = checked(calloc(1, sizeof *c));
    c->kind = kind;
    c->fd = fd;
    c->port = port;
    c->index = -1;
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e);
    return c;
}

static void watch(struct connection *c, bool write) {
    if (c->wants_write != write) {
        c->wants_write = write;
        struct epoll_event e = {.events = EPOLLIN | (write ? EPOLLOUT : 0), .data.ptr = c};
        epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &e);
    }
}

static void end_stream(struct connection *c) {
    if (c->index >= 0) {
        struct connection *last = streams[--stream_count];
        streams[c->index] = last;
        last->index = c->index;
        c->index = -1;
    }
}

static void drop(struct connection *c) {
    end_stream(c);
    close(c->fd);
    free(c->in);
    free(c->out);
    free(c);
}

static void append(char **buffer, long *length, long *capacity, const char *data, long count) {
    if (*length + count > *capacity) {
        *capacity = (*length + count) * 2;
        *buffer = checked(realloc(*buffer, (size_t) *capacity));
    }
    memcpy(*buffer + *length, data, (size_t) count);
    *length += count;
}

// Sends now what the socket takes, the rest later. False when the connection is broken.
static bool put(struct connection *c, const char *data, long length) {
    if (c->out_at == c->out_length) {
        c->out_at = c->out_length = 0;
        ssize_t n = send(c->fd, data, (size_t) length, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN) {
            return false;
        }
        n = n < 0 ? 0 : n;
        if (n == length) {
            return true;
        }
        data += n;
        length -= n;
    }
    append(&c->out, &c->out_length, &c->out_capacity, data, length);
    watch(c, true);
    return true;
}

static bool put_rest(struct connection *c) {
    ssize_t n = send(c->fd, c->out + c->out_at, (size_t) (c->out_length - c->out_at), MSG_NOSIGNAL);
    if (n < 0) {
        return errno == EAGAIN;
    }
    c->out_at += n;
    if (c->out_at == c->out_length) {
        c->out_at = c->out_length = 0;
        watch(c, false);
    }
    return true;
}

// ---- answers

static bool put_event(struct connection *c) {
    char event[1024], chunk[1200];
    int last_content = events - (c->usage ? 3 : 2);
    int length;
    if (c->sent == events - 1) {
        length = snprintf(event, sizeof event, "data: [DONE]\n\n");
    } else if (c->sent > last_content) {
        length = snprintf(event, sizeof event,
            CHUNK "],\"usage\":{\"prompt_tokens\":2048,\"total_tokens\":%d,\"completion_tokens\":%d}}\n\n",
            2048 + last_content, last_content);
    } else if (c->sent == 0) {
        length = snprintf(event, sizeof event,
            CHUNK "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null,\"finish_reason\":null}]"
            ",\"prompt_token_ids\":null}\n\n");
    } else {
        length = snprintf(event, sizeof event,
            CHUNK "{\"index\":0,\"delta\":{\"content\":\" token%d\"},\"logprobs\":null,\"finish_reason\":%s,"
            "\"token_ids\":null}]}\n\n",
            c->sent, c->sent == last_content ? "\"stop\",\"stop_reason\":null" : "null");
    }
    int framed = snprintf(chunk, sizeof chunk, "%x\r\n%s\r\n%s", (unsigned) length, event,
        c->sent == events - 1 ? "0\r\n\r\n" : "");
    c->sent++;
    return put(c, chunk, framed);
}

static bool put_page(struct connection *c) {
    static const char models[] = "{\"object\":\"list\",\"data\":[{\"id\":\"test-model\",\"object\":\"model\",\"created\":1760000000,"
        "\"owned_by\":\"vllm\",\"root\":\"test-model\",\"parent\":null,\"max_model_len\":131072}]}";
    const char *page = "{}", *type = "application/json";
    long length = 2;
    if (strncmp(c->path, "/metrics", 8) == 0) {
        page = metrics;
        length = metrics_length;
        type = "text/plain; version=0.0.4; charset=utf-8";
    } else if (strncmp(c->path, "/v1/models", 10) == 0) {
        page = models;
        length = sizeof models - 1;
    }
    char head[512];
    int head_length = snprintf(head, sizeof head,
        "HTTP/1.1 200 OK\r\nserver: uvicorn\r\ncontent-type: %s\r\ncontent-length: %ld\r\n\r\n", type, length);
    return put(c, head, head_length) && put(c, page, length);
}

static bool respond(struct connection *c) {
    c->state = HEAD;
    c->start[c->start_length] = 0;
    if (c->get) {
        return put_page(c);
    }
    char text[8192];
    if (strstr(c->start, "\"stream\":true") || strstr(c->start, "\"stream\": true")) {
        int length = snprintf(text, sizeof text,
            "HTTP/1.1 200 OK\r\nserver: uvicorn\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
            "x-served-port: %d\r\ntransfer-encoding: chunked\r\n\r\n", c->port);
        if (stream_count == MAX_STREAMS || !put(c, text, length)) {
            return false;
        }
        c->state = STREAMING;
        c->usage = strstr(c->start, "\"include_usage\":true") || strstr(c->start, "\"include_usage\": true");
        c->sent = 0;
        c->due = now() + (uint64_t) (interval_us + rand() % (interval_us + 1)) * 1000;
        c->index = stream_count;
        streams[stream_count++] = c;
        return true;
    }
    int length = snprintf(text, sizeof text,
        "HTTP/1.1 200 OK\r\nserver: uvicorn\r\ncontent-type: application/json\r\n"
        "x-served-port: %d\r\ncontent-length: %ld\r\n\r\n", c->port, answer_length);
    memcpy(text + length, answer, (size_t) answer_length);
    return put(c, text, length + answer_length);
}

// ---- requests

// Keeps the first bytes of a body, where a request says whether it wants a stream.
static void keep_start(struct connection *c, const char *data, long length) {
    long room = (long) sizeof c->start - 1 - c->start_length;
    length = length < room ? length : room;
    if (length > 0) {
        memcpy(c->start + c->start_length, data, (size_t) length);
        c->start_length += length;
    }
}

// Reads a head of which all is there, up to its empty line, which is made the text's end. False when it makes no sense.
static bool read_head(struct connection *c, char *head) {
    c->get = strncmp(head, "GET", 3) == 0;
    char *space = strchr(head, ' ');
    if (space == NULL) {
        return false;
    }
    size_t length = strcspn(space + 1, " \r");
    length = length < sizeof c->path - 1 ? length : sizeof c->path - 1;
    memcpy(c->path, space + 1, length);
    c->path[length] = 0;
    c->left = 0;
    c->start_length = 0;
    c->state = HEAD;
    for (char *field = strstr(head, "\r\n"); field != NULL; field = strstr(field, "\r\n")) {
        field += 2;
        if (strncasecmp(field, "content-length:", 15) == 0) {
            c->left = atol(field + 15);
        } else if (strncasecmp(field, "transfer-encoding:", 18) == 0 && strcasestr(field + 18, "chunked")) {
            c->state = CHUNKED;
            c->chunk_state = SIZE;
        } else if (strncasecmp(field, "expect:", 7) == 0) {
            static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
            put(c, go_on, sizeof go_on - 1);
        }
    }
    if (c->state == CHUNKED) {
        return true;
    }
    if (c->left > 0) {
        c->state = BY_LENGTH;
        return true;
    }
    return respond(c);
}

// Takes bytes of a body by length. Returns how many, or -1 when the connection is broken.
static long read_body(struct connection *c, const char *data, long length) {
    long taken = length < c->left ? length : c->left;
    keep_start(c, data, taken);
    c->left -= taken;
    return c->left == 0 && !respond(c) ? -1 : taken;
}

// Takes bytes of a chunked body: 0 when more are needed, -1 when the connection is broken.
static long read_chunked(struct connection *c, const char *data, long length) {
    if (c->chunk_state == DATA) {
        long taken = length < c->chunk_left ? length : c->chunk_left;
        keep_start(c, data, taken);
        c->chunk_left -= taken;
        c->chunk_state = c->chunk_left == 0 ? DATA_END : DATA;
        return taken;
    }
    const char *end = memmem(data, (size_t) length, "\r\n", 2);
    if (end == NULL) {
        return 0;
    }
    if (c->chunk_state == SIZE) {
        c->chunk_left = strtol(data, NULL, 16);
        c->chunk_state = c->chunk_left > 0 ? DATA : LAST_END;
    } else if (c->chunk_state == DATA_END) {
        c->chunk_state = SIZE;
    } else if (!respond(c)) {
        return -1;
    }
    return end + 2 - data;
}

// Takes what is in the buffer, as far as it goes. False when the connection is broken.
static bool take(struct connection *c) {
    long at = 0;
    while (c->state != STREAMING && at < c->in_length) {
        char *data = c->in + at;
        long length = c->in_length - at, taken;
        if (c->state == HEAD) {
            char *end = memmem(data, (size_t) length, "\r\n\r\n", 4);
            if (end == NULL) {
                break;
            }
            end[2] = 0;
            taken = read_head(c, data) ? end + 4 - data : -1;
        } else if (c->state == BY_LENGTH) {
            taken = read_body(c, data, length);
        } else {
            taken = read_chunked(c, data, length);
        }
        if (taken < 0) {
            return false;
        }
        if (taken == 0) {
            break;
        }
        at += taken;
    }
    memmove(c->in, c->in + at, (size_t) (c->in_length - at));
    c->in_length -= at;
    return true;
}

static bool readable(struct connection *c) {
    static char buffer[1 << 18];
    ssize_t n = read(c->fd, buffer, sizeof buffer);
    if (n <= 0) {
        return n < 0 && errno == EAGAIN;
    }
    const char *data = buffer;
    if (c->state == BY_LENGTH && c->in_length == 0) { // big bodies are not copied
        long taken = read_body(c, data, n);
        if (taken < 0 || taken == n) {
            return taken == n;
        }
        data += taken;
        n -= taken;
    }
    append(&c->in, &c->in_length, &c->in_capacity, data, n);
    return take(c);
}

static void accept_all(struct connection *listener) {
    int fd, on = 1;
    while ((fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watched(CONNECTION, fd, listener->port);
    }
}

// ---- the run

static int listen_on_free_port(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (bind(fd, (struct sockaddr *) &address, length) || listen(fd, 4096)
        || getsockname(fd, (struct sockaddr *) &address, &length)) {
        fail("listen");
    }
    int port = ntohs(address.sin_port);
    watched(LISTENER, fd, port);
    return port;
}

static void read_metrics(const char *name) {
    FILE *file = fopen(name, "r");
    if (file == NULL) {
        fail(name);
    }
    metrics = checked(malloc(1 << 20));
    metrics_length = (long) fread(metrics, 1, 1 << 20, file);
    fclose(file);
}

static void make_answer(void) {
    char text[TEXT_LENGTH + 1];
    for (int i = 0; i < TEXT_LENGTH; i++) {
        text[i] = "lorem ipsum dolor sit amet "[i % 27];
    }
    text[TEXT_LENGTH] = 0;
    answer_length = snprintf(answer, sizeof answer,
        ID "\"object\":\"chat.completion\"," MODEL "{\"index\":0,\"message\":{\"role\":\"assistant\","
        "\"content\":\"%s\",\"refusal\":null,\"tool_calls\":[]},\"logprobs\":null,\"finish_reason\":\"stop\","
        "\"stop_reason\":null}],\"usage\":{\"prompt_tokens\":2048,\"total_tokens\":2248,\"completion_tokens\":200,"
        "\"prompt_tokens_details\":null}}", text);
}

static void send_due_events(void) {
    uint64_t at = now();
    for (int i = stream_count - 1; i >= 0; i--) {
        struct connection *c = streams[i];
        if (c->due > at) {
            continue;
        }
        if (!put_event(c)) {
            drop(c);
            continue;
        }
        c->due += (uint64_t) interval_us * 1000;
        if (c->sent == events) {
            end_stream(c);
            c->state = HEAD;
            if (!take(c)) {
                drop(c);
            }
        }
    }
}

static int wait_for(struct epoll_event *ready, int most) {
    if (stream_count == 0) {
        return epoll_wait(poller, ready, most, -1);
    }
    uint64_t first = UINT64_MAX, at = now();
    for (int i = 0; i < stream_count; i++) {
        first = streams[i]->due < first ? streams[i]->due : first;
    }
    uint64_t left = first > at ? first - at : 0;
    struct timespec timeout = {(time_t) (left / SECOND), (long) (left % SECOND)};
    return epoll_pwait2(poller, ready, most, &timeout, NULL);
}

int main(int count, char **arguments) {
    int ports = 1;
    for (int option; (option = getopt(count, arguments, "p:m:n:i:")) > 0;) {
        switch (option) {
            case 'p': ports = atoi(optarg); break;
            case 'm': read_metrics(optarg); break;
            case 'n': events = atoi(optarg); break;
            case 'i': interval_us = atol(optarg); break;
            default: return 1;
        }
    }
    if (events < 4) {
        fprintf(stderr, "a stream has at least 4 events\n");
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    make_answer();
    poller = epoll_create1(0);
    for (int i = 0; i < ports; i++) {
        printf("%s%d", i > 0 ? " " : "", listen_on_free_port());
    }
    printf("\n");
    fflush(stdout);
    watched(INPUT, STDIN_FILENO, 0);

    static struct epoll_event ready[512];
    for (;;) {
        int n = wait_for(ready, 512);
        for (int i = 0; i < n; i++) {
            struct connection *c = ready[i].data.ptr;
            if (c->kind == INPUT) {
                char ignored[64];
                if (read(c->fd, ignored, sizeof ignored) <= 0) {
                    return 0;
                }
            } else if (c->kind == LISTENER) {
                accept_all(c);
            } else if ((ready[i].events & EPOLLOUT) && !put_rest(c)) {
                drop(c);
            } else if ((ready[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) && !readable(c)) {
                drop(c);
            }
        }
        send_due_events();
    }
}
