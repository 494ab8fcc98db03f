/* A client of version 1 of the wire, in C99 and POSIX alone: docs/wire.md, and a little CBOR.
 *
 *     cc -std=c99 -Wall -Wextra -Wpedantic -o v1 v1.c
 *     ./v1 unix:/run/timer.sock
 *     ./v1 tcp:127.0.0.1:7000
 *
 * It asks a served my_timer for its version and for an echo. */

#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

/* ---------------------------------------------------------------------------------------------------- bytes */

typedef struct Bytes {
    uint8_t *data;
    size_t length;
    size_t capacity;
} Bytes;

static void append(Bytes *bytes, const void *data, size_t length) {
    if (length > bytes->capacity - bytes->length) {
        size_t capacity = 2 * (bytes->length + length);
        uint8_t *grown = realloc(bytes->data, capacity);
        if (grown == NULL) {
            fail("out of memory");
        }
        bytes->data = grown;
        bytes->capacity = capacity;
    }
    if (length > 0) {
        memcpy(bytes->data + bytes->length, data, length);
        bytes->length += length;
    }
}

/* The last `count` bytes of a number, the highest first: as the wire and CBOR have them. */
static void append_number(Bytes *bytes, uint64_t number, unsigned count) {
    while (count-- > 0) {
        uint8_t byte = (uint8_t)(number >> (8 * count));
        append(bytes, &byte, 1);
    }
}

static uint64_t number_of(const uint8_t *data, unsigned count) {
    uint64_t number = 0;
    for (unsigned at = 0; at < count; at++) {
        number = number << 8 | data[at];
    }
    return number;
}

/* ----------------------------------------------------------------------------------------------------- CBOR */

enum { UNSIGNED = 0, NEGATIVE = 1, BYTE_STRING = 2, TEXT = 3, ARRAY = 4, MAP = 5, TAG = 6, SIMPLE = 7 };

static void write_head(Bytes *out, unsigned major, uint64_t argument) {
    static const unsigned sizes[] = {1, 2, 4, 8};
    unsigned kind = 0;
    if (argument < 24) {
        append_number(out, major << 5 | argument, 1);
        return;
    }
    while (kind < 3 && argument >> (8 * sizes[kind]) != 0) {
        kind++;
    }
    append_number(out, major << 5 | (24 + kind), 1);
    append_number(out, argument, sizes[kind]);
}

static void write_text(Bytes *out, const char *text) {
    write_head(out, TEXT, strlen(text));
    append(out, text, strlen(text));
}

/* What is left to be read. */
typedef struct Reader {
    const uint8_t *at;
    const uint8_t *end;
} Reader;

typedef struct Head {
    unsigned major;
    uint64_t argument;
} Head;

static Head read_head(Reader *reader) {
    Head head;
    unsigned info;
    if (reader->at == reader->end) {
        fail("the CBOR ends too early");
    }
    head.major = *reader->at >> 5;
    info = *reader->at++ & 31;
    head.argument = info;
    if (info >= 28) {
        fail("the CBOR holds an indefinite length, which this client does not read");
    }
    if (info >= 24) {
        unsigned size = 1u << (info - 24);
        if ((size_t)(reader->end - reader->at) < size) {
            fail("the CBOR ends too early");
        }
        head.argument = number_of(reader->at, size);
        reader->at += size;
    }
    return head;
}

/* The bytes of a byte string or a text whose head was read. */
static Reader read_string(Reader *reader, Head head) {
    Reader string;
    if (head.argument > (uint64_t)(reader->end - reader->at)) {
        fail("the CBOR ends too early");
    }
    string.at = reader->at;
    reader->at += (size_t)head.argument;
    string.end = reader->at;
    return string;
}

static Reader expect_string(Reader *reader, unsigned major) {
    Head head = read_head(reader);
    if (head.major != major) {
        fail("the CBOR holds an item of kind %u where one of kind %u is expected", head.major, major);
    }
    return read_string(reader, head);
}

static uint64_t expect(Reader *reader, unsigned major) {
    Head head = read_head(reader);
    if (head.major != major) {
        fail("the CBOR holds an item of kind %u where one of kind %u is expected", head.major, major);
    }
    return head.argument;
}

static void skip(Reader *reader, unsigned depth) {
    Head head = read_head(reader);
    if (depth > 128) {
        fail("the CBOR is too deep");
    }
    if (head.major == BYTE_STRING || head.major == TEXT) {
        (void)read_string(reader, head);
    } else if (head.major == ARRAY) {
        for (uint64_t item = 0; item < head.argument; item++) {
            skip(reader, depth + 1);
        }
    } else if (head.major == MAP) {
        for (uint64_t item = 0; item < head.argument; item++) {
            skip(reader, depth + 1);
            skip(reader, depth + 1);
        }
    } else if (head.major == TAG) {
        skip(reader, depth + 1);
    }
}

/* Goes through a map, whose keys are texts, to the value of a key; false, at the end of the map, if there is none. */
static bool find(Reader *map, const char *key) {
    uint64_t entries = expect(map, MAP);
    for (uint64_t entry = 0; entry < entries; entry++) {
        Reader name = expect_string(map, TEXT);
        size_t length = (size_t)(name.end - name.at);
        if (length == strlen(key) && memcmp(name.at, key, length) == 0) {
            return true;
        }
        skip(map, 0);
    }
    return false;
}

/* ------------------------------------------------------------------------------------------------ connection */

static int connect_unix(const char *path) {
    struct sockaddr_un address;
    int connection = socket(AF_UNIX, SOCK_STREAM, 0);
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address.sun_path) {
        fail("%s: the path is too long for a socket", path);
    }
    memcpy(address.sun_path, path, strlen(path));
    if (connection < 0 || connect(connection, (const struct sockaddr *)&address, sizeof address) != 0) {
        fail("cannot connect to %s: %s", path, strerror(errno));
    }
    return connection;
}

static int connect_tcp(const char *place) {
    const char *colon = strrchr(place, ':');
    struct addrinfo hints, *found, *candidate;
    char host[256];
    size_t length;
    int error, connection = -1;
    if (colon == NULL || (size_t)(colon - place) >= sizeof host) {
        fail("%s is no <host>:<port>", place);
    }
    length = (size_t)(colon - place);
    if (length >= 2 && place[0] == '[' && colon[-1] == ']') {
        /* An IPv6 address has brackets around it. */
        place++;
        length -= 2;
    }
    memcpy(host, place, length);
    host[length] = '\0';
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    error = getaddrinfo(host, colon + 1, &hints, &found);
    if (error != 0) {
        fail("%s: %s", place, gai_strerror(error));
    }
    for (candidate = found; candidate != NULL && connection < 0; candidate = candidate->ai_next) {
        connection = socket(candidate->ai_family, candidate->ai_socktype, candidate->ai_protocol);
        if (connection >= 0 && connect(connection, candidate->ai_addr, candidate->ai_addrlen) != 0) {
            (void)close(connection);
            connection = -1;
        }
    }
    freeaddrinfo(found);
    if (connection < 0) {
        fail("cannot connect to %s: %s", place, strerror(errno));
    }
    return connection;
}

static void send_all(int connection, const Bytes *bytes) {
    size_t sent = 0;
    while (sent < bytes->length) {
        ssize_t count = write(connection, bytes->data + sent, bytes->length - sent);
        if (count < 0 && errno != EINTR) {
            fail("cannot send: %s", strerror(errno));
        }
        sent += count > 0 ? (size_t)count : 0;
    }
}

static void receive_all(int connection, uint8_t *data, size_t length) {
    size_t come = 0;
    while (come < length) {
        ssize_t count = read(connection, data + come, length - come);
        if (count == 0) {
            fail("the server closed the connection");
        }
        if (count < 0 && errno != EINTR) {
            fail("cannot receive: %s", strerror(errno));
        }
        come += count > 0 ? (size_t)count : 0;
    }
}

/* -------------------------------------------------------------------------------------------------- version 1 */

/* No server sends more, if it is not configured so. */
static const uint64_t MOST = 16u << 20;

/* Makes a request, waits for its response, and gives its payload, which is to be freed. */
static Bytes ask(int connection, const char *method, const Bytes *payload) {
    Bytes request = {NULL, 0, 0}, response = {NULL, 0, 0};
    uint8_t head[8];
    int32_t ret;
    append_number(&request, strlen(method), 4);
    append(&request, method, strlen(method));
    append_number(&request, payload->length, 4);
    append(&request, payload->data, payload->length);
    send_all(connection, &request);
    free(request.data);
    receive_all(connection, head, sizeof head);
    ret = (int32_t)(uint32_t)number_of(head, 4);
    response.length = response.capacity = (size_t)number_of(head + 4, 4);
    if (response.length > MOST) {
        fail("a response of %zu bytes is too long", response.length);
    }
    response.data = malloc(response.length + 1);
    if (response.data == NULL) {
        fail("out of memory");
    }
    receive_all(connection, response.data, response.length);
    if (ret != 0) {
        /* 1 is the declared error, in CBOR; everything else a text. */
        bool is_text = ret != 1;
        fail("%s: %" PRId32 " %.*s", method, ret, is_text ? (int)response.length : 0, (const char *)response.data);
    }
    return response;
}

static Reader reader_of(const Bytes *bytes) {
    Reader reader;
    reader.at = bytes->data;
    reader.end = bytes->data + bytes->length;
    return reader;
}

/* The library's version is with the library's information in the descriptor: no request has to offer it. */
static void print_version(int connection) {
    Bytes none = {NULL, 0, 0};
    Bytes response = ask(connection, "ffihost.descriptor", &none);
    Reader reader = reader_of(&response);
    Reader descriptor = expect_string(&reader, BYTE_STRING);
    uint64_t pieces;
    bool found = false;
    if (!find(&descriptor, "info")) {
        fail("the descriptor holds no information");
    }
    for (pieces = expect(&descriptor, ARRAY); pieces > 0 && !found; pieces--) {
        Reader piece = descriptor;
        if (find(&piece, "version")) {
            Reader version = expect_string(&piece, TEXT);
            printf("%.*s\n", (int)(version.end - version.at), (const char *)version.at);
            found = true;
        }
        skip(&descriptor, 0);
    }
    if (!found) {
        fail("the descriptor holds no version");
    }
    free(response.data);
}

static void print_text(Reader map, const char *key) {
    Reader text;
    if (!find(&map, key)) {
        fail("the response has no `%s`", key);
    }
    text = expect_string(&map, TEXT);
    printf("echo.%s = %.*s\n", key, (int)(text.end - text.at), (const char *)text.at);
}

static void print_echo(int connection) {
    Bytes request = {NULL, 0, 0}, response;
    write_head(&request, MAP, 1);
    write_text(&request, "req");
    write_head(&request, MAP, 2);
    write_text(&request, "message");
    write_text(&request, "hello over the wire");
    write_text(&request, "delay_ms");
    write_head(&request, UNSIGNED, 10);
    response = ask(connection, "echo", &request);
    print_text(reader_of(&response), "echoed");
    print_text(reader_of(&response), "timer");
    free(request.data);
    free(response.data);
}

int main(int argc, char **argv) {
    int connection = -1;
    /* A server that has gone is an error, and no signal. */
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc == 2 && strncmp(argv[1], "unix:", 5) == 0) {
        connection = connect_unix(argv[1] + 5);
    } else if (argc == 2 && strncmp(argv[1], "tcp:", 4) == 0) {
        connection = connect_tcp(argv[1] + 4);
    } else {
        fail("usage: v1 unix:<path> | tcp:<host>:<port>");
    }
    print_version(connection);
    print_echo(connection);
    (void)close(connection);
    return 0;
}
