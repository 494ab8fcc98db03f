/* The timer library serves itself: this program makes a timer, serves it at the addresses that it is given, and ends when its
 * standard input does.
 *
 *     cargo build -p my_timer
 *     cc -std=c99 -Wall -I include -I examples/my_timer/generated examples/my_timer/serve.c \
 *        -L target/debug -lmy_timer -Wl,-rpath,"$PWD/target/debug" -o my_timer_serve
 *     ./my_timer_serve unix:timer.sock tcp:127.0.0.1:0
 *
 * Clients need nothing of ours: docs/wire.md is all there is to know, and clients/ has some.
 */
#include "my_timer.h"

#include <stdio.h>
#include <stdlib.h>

/* Told once for each address, on a thread of the library's: where it listens, or why it does not. */
static void on_listening(int ret, const char *msg, size_t len, void *userData) {
    (void)userData;
    if (ret == FFI_RET_OK) {
        printf("listening on %.*s\n", (int)len, msg);
        fflush(stdout);
    } else {
        fprintf(stderr, "%.*s\n", (int)len, msg);
    }
}

static void on_created(int ret, const char *msg, size_t len, void *userData) {
    (void)userData;
    if (ret > FFI_RET_ERR) {
        fprintf(stderr, "there is no timer: %.*s\n", (int)len, msg);
    }
}

int main(int argc, char **argv) {
    void *timer;
    int ret = my_timer_open(my_timer_str("ipc-server"), on_created, NULL, &timer);
    if (ret != FFI_RET_OK) {
        fprintf(stderr, "the timer was refused with status %d, see ffihost.h\n", ret);
        return EXIT_FAILURE;
    }
    for (int at = 1; at < argc; at++) {
        FFIServeOptions options = FFI_SERVE_OPTIONS_INIT;
        options.max_connections = 64;
        ret = my_timer_serve(timer, argv[at], &options, on_listening, NULL);
        if (ret != FFI_RET_OK) {
            fprintf(stderr, "%s cannot be served: status %d, see ffihost.h\n", argv[at], ret);
        }
    }
    while (getchar() != EOF) {
    }
    /* What clients wait for is answered, and their connections end, before this returns. */
    return my_timer_destroy(timer) == FFI_RET_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
