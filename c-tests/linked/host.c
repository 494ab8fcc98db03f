/* Prints what the library knows of itself, and asks it something. It uses nothing else of it. */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "ffihost.h"

uint64_t linked_abi_hash(void);
int linked_abi_descriptor(const uint8_t **bytes, size_t *len);
int linked_create(FFICallBack cb, void *userData, void **ctx);
int linked_destroy(void *ctx);
int linked_register_host_fn(void *ctx, const char *name, FFIHostFn fn, void *userData);
int linked_host_complete(void *ctx, uint64_t token, int ret, const char *msg, size_t len);
int linked_ask(void *ctx, FFICallBack cb, void *userData, uint32_t question);
uint64_t linked_add_event_listener(void *ctx, const char *event, FFICallBack cb, void *userData);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool over;
static uint32_t answer;

static void created(int ret, const char *msg, size_t len, void *userData) {
    (void)userData;
    if (ret != FFI_RET_OK)
        fprintf(stderr, "not created: %d %.*s\n", ret, (int)len, msg);
}

static void answered(int ret, const char *msg, size_t len, void *userData) {
    (void)userData;
    pthread_mutex_lock(&lock);
    if (ret == FFI_RET_OK && len == sizeof answer)
        memcpy(&answer, msg, len);
    over = true;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

static void happened(int ret, const char *msg, size_t len, void *userData) {
    (void)ret;
    (void)msg;
    (void)len;
    (void)userData;
}

static void increment(uint64_t token, const char *req, size_t reqLen, void *userData) {
    uint32_t question = 0;
    if (reqLen == sizeof question)
        memcpy(&question, req, reqLen);
    question++;
    linked_host_complete(*(void **)userData, token, FFI_RET_OK, (const char *)&question, sizeof question);
}

int main(void) {
    const uint8_t *bytes;
    size_t len;
    void *ctx = NULL;
    int ret = linked_abi_descriptor(&bytes, &len);
    printf("%d %016llx %zu\n", ret, (unsigned long long)linked_abi_hash(), len);
    ret = linked_create(created, NULL, &ctx);
    if (ret != FFI_RET_OK) {
        printf("create: %d\n", ret);
        return 1;
    }
    printf("answer %d, draw %d\n", linked_register_host_fn(ctx, "answer", increment, &ctx),
           linked_register_host_fn(ctx, "draw", increment, &ctx));
    printf("on_drawn %d\n", linked_add_event_listener(ctx, "on_drawn", happened, NULL) != 0);
    ret = linked_ask(ctx, answered, NULL, 41);
    pthread_mutex_lock(&lock);
    while (ret == FFI_RET_OK && !over)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    printf("ask %d %u\n", ret, (unsigned)answer);
    return linked_destroy(ctx);
}
