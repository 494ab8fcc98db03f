/* A host of {{name}}: implements what the library asks for, and calls it. `sh host/build.sh` builds and runs it.
 *
 * include/{{name}}.h is generated from the compiled library.
 */
#include "{{name}}.h"

#include <pthread.h>
#include <stdio.h>

/* Callbacks come on other threads; main waits for them here. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int ended = 0;

static void wait_for(int count) {
    pthread_mutex_lock(&lock);
    while (ended < count) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
}

static void one_more_ended(void) {
    pthread_mutex_lock(&lock);
    ended += 1;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

static void *context;

/* The library's host function. This one answers at once; one that takes longer answers later, from any thread. */
static void fetch_profile(uint64_t token, const {{Name}}FetchProfileArgs *args, void *userData) {
    {{Name}}Profile profile;
    (void)userData;
    if (args->user_id.len == 0) {
        {{Name}}GreetError error;
        memset(&error, 0, sizeof error);
        error.tag = {{NAME}}_GREET_ERROR_UNKNOWN_USER;
        {{name}}_fail_fetch_profile(context, token, &error);
        return;
    }
    profile.name = args->user_id;
    profile.visits = 3;
    {{name}}_complete_fetch_profile(context, token, &profile);
}

static void on_created(int ret, const char *msg, size_t len, void *userData) {
    (void)userData;
    if (ret != FFI_RET_OK) {
        printf("create: status %d, %.*s\n", ret, (int)len, msg);
    }
    one_more_ended();
}

static void on_greeting(int ret, const char *msg, size_t len, void *userData) {
    FFIString greeting;
    const {{Name}}GreetError *error = {{name}}_greet_error(ret, msg, len);
    (void)userData;
    if ({{name}}_greet_result(ret, msg, len, &greeting)) {
        printf("greeting: %.*s\n", (int)greeting.len, greeting.data);
    } else if (error != NULL && error->tag == {{NAME}}_GREET_ERROR_UNKNOWN_USER) {
        printf("no greeting: unknown user\n");
    } else {
        printf("no greeting: status %d\n", ret);
    }
    one_more_ended();
}

static void on_greeted(int ret, const char *msg, size_t len, void *userData) {
    const {{Name}}OnGreetedArgs *args = {{name}}_on_greeted_args(msg, len);
    (void)ret;
    (void)userData;
    if (args != NULL) {
        printf("event: %.*s was greeted\n", (int)args->name.len, args->name.data);
    }
}

int main(void) {
    int ret = {{name}}_open({{name}}_str("Welcome"), on_created, NULL, &context);
    if (ret == FFI_RET_ABI_MISMATCH) {
        char message[512];
        {{name}}_abi_message(message, sizeof message);
        fprintf(stderr, "%s\n", message);
        return 1;
    }
    if (ret != FFI_RET_OK) {
        fprintf(stderr, "create: status %d\n", ret);
        return 1;
    }
    {{name}}_set_fetch_profile(context, fetch_profile, NULL);
    {{name}}_listen_on_greeted(context, on_greeted, NULL);
    wait_for(1);
    {{name}}_greet(context, on_greeting, NULL, {{name}}_str("Ada"));
    {{name}}_greet(context, on_greeting, NULL, {{name}}_str(""));
    wait_for(3);
    /* Delivers the event that may still be on its way. */
    return {{name}}_destroy(context) == FFI_RET_OK ? 0 : 1;
}
