/* A host of the guide's notes, which answers in all the ways that there are. */
#include "notes.h"

#include <pthread.h>

/* ANCHOR: outcome */
/* What a callback was told, for the thread that waits for it. What it was passed is gone when it returns. */
typedef struct Outcome {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int ended;
    int ret;
    uint64_t number; /* the result, of those that are numbers */
    char text[64];   /* the start of the text, of other statuses than FFI_RET_OK */
} Outcome;

#define OUTCOME_INIT {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0, {0}}

static void settle(Outcome *outcome, int ret, uint64_t number, const char *msg, size_t len) {
    pthread_mutex_lock(&outcome->lock);
    outcome->ended = 1;
    outcome->ret = ret;
    outcome->number = number;
    if (ret != FFI_RET_OK && ret != FFI_RET_ERR) {
        size_t fits = len < sizeof outcome->text ? len : sizeof outcome->text - 1;
        memcpy(outcome->text, msg, fits);
        outcome->text[fits] = '\0';
    }
    pthread_cond_signal(&outcome->changed);
    pthread_mutex_unlock(&outcome->lock);
}

static void wait_for(Outcome *outcome) {
    pthread_mutex_lock(&outcome->lock);
    while (!outcome->ended) {
        pthread_cond_wait(&outcome->changed, &outcome->lock);
    }
    pthread_mutex_unlock(&outcome->lock);
}
/* ANCHOR_END: outcome */

static void on_ended(int ret, const char *msg, size_t len, void *userData) {
    settle(userData, ret, 0, msg, len);
}

/* ANCHOR: inline */
/* Answers before it returns. */
static void store(uint64_t token, const NotesStoreArgs *args, void *userData) {
    void *ctx = *(void **)userData;
    if (args->bytes.len > 1000) {
        NotesStoreError error;
        memset(&error, 0, sizeof error);
        error.tag = NOTES_STORE_ERROR_FULL;
        error.payload.full.capacity = 1000;
        notes_fail_store(ctx, token, &error);
    } else {
        notes_complete_store(ctx, token);
    }
}
/* ANCHOR_END: inline */

/* ANCHOR: later */
/* A call that another thread answers. */
typedef struct Pending {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t token; /* 0: none */
} Pending;

#define PENDING_INIT {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0}

/* Keeps the token. args live until this returns: what is needed later is copied here. */
static void load(uint64_t token, const NotesLoadArgs *args, void *userData) {
    Pending *pending = userData;
    (void)args;
    pthread_mutex_lock(&pending->lock);
    pending->token = token;
    pthread_cond_signal(&pending->changed);
    pthread_mutex_unlock(&pending->lock);
}

/* Waits for a call. */
static uint64_t take(Pending *pending) {
    uint64_t token;
    pthread_mutex_lock(&pending->lock);
    while (pending->token == 0) {
        pthread_cond_wait(&pending->changed, &pending->lock);
    }
    token = pending->token;
    pending->token = 0;
    pthread_mutex_unlock(&pending->lock);
    return token;
}

/* Answers a call, on whatever thread this is. */
static int answer(void *ctx, uint64_t token, const char *text) {
    NotesOptionalBytes bytes = {true, {NULL, 0}};
    bytes.value.data = (const uint8_t *)text;
    bytes.value.len = strlen(text);
    return notes_complete_load(ctx, token, &bytes);
}
/* ANCHOR_END: later */

/* ANCHOR: options */
static void load_cancelled(uint64_t token, void *userData) {
    (void)token;
    (void)userData;
    printf("load: nobody waits for the answer any more\n");
}

static void load_released(void *userData) {
    (void)userData;
    printf("load: released\n");
}

/* Registers load, for at most eight calls at once, of five seconds at most. */
static int register_load(void *ctx, Pending *pending) {
    FFIHostFnOptions options = FFI_HOST_FN_OPTIONS_INIT;
    options.cancel = load_cancelled;
    options.release = load_released;
    options.userData = pending;
    options.max_in_flight = 8;
    options.deadline_ms = 5000;
    return notes_set_load_with(ctx, load, &options);
}
/* ANCHOR_END: options */

/* ANCHOR: listener */
/* On the event thread. */
static void on_saved(int ret, const char *msg, size_t len, void *userData) {
    const NotesOnSavedArgs *args = notes_on_saved_args(msg, len);
    if (args != NULL) {
        settle(userData, ret, args->bytes, msg, len);
    }
}
/* ANCHOR_END: listener */

/* ANCHOR: results */
static void on_added(int ret, const char *msg, size_t len, void *userData) {
    uint32_t count = 0;
    const NotesRequestError *error = notes_add_error(ret, msg, len);
    if (notes_add_result(ret, msg, len, &count)) {
        printf("%d notes\n", (int)count);
    } else if (error != NULL && error->tag == NOTES_REQUEST_ERROR_HOST) {
        printf("not added: %.*s\n", (int)error->payload.host.len, error->payload.host.data);
    } else if (error != NULL) {
        printf("not added: error %d\n", (int)error->tag);
    } else {
        printf("not added: status %d: %.*s\n", ret, (int)len, msg);
    }
    settle(userData, ret, count, msg, len);
}
/* ANCHOR_END: results */

static int add(void *ctx, const char *title, const char *body) {
    Outcome added = OUTCOME_INIT;
    int ret;
    /* ANCHOR: add */
    NotesNote note;
    memset(&note, 0, sizeof note);
    note.title = notes_str(title);
    note.body = notes_str(body);
    ret = notes_add(ctx, on_added, &added, &note);
    /* ANCHOR_END: add */
    if (ret == FFI_RET_OK) {
        wait_for(&added);
    }
    return ret;
}

static void on_all_read(int ret, const char *msg, size_t len, void *userData) {
    uint64_t bytes = 0;
    notes_read_all_result(ret, msg, len, &bytes);
    settle(userData, ret, bytes, msg, len);
}

/* ANCHOR: sync */
static void find(void *ctx, const char *title) {
    FFIError error = FFI_ERROR_INIT;
    NotesOptionalU32 at;
    if (notes_find(ctx, notes_str(title), &at, &error) == FFI_RET_OK) {
        printf("%s: %s\n", title, at.present ? "found" : "not found");
    } else {
        printf("%s: %.*s\n", title, (int)error.text_len, error.text);
        notes_release_error(&error);
    }
}
/* ANCHOR_END: sync */

/* ANCHOR: cbor */
static void on_count(int ret, const char *msg, size_t len, void *userData) {
    (void)userData;
    if (ret == FFI_RET_OK && len == 1) {
        printf("CBOR %02x\n", (unsigned)(unsigned char)msg[0]); /* a number from 0 to 23 is one byte */
    }
}

static void count_words(void) {
    /* {"text": "to be"} */
    static const uint8_t req[] = {0xa1, 0x64, 't', 'e', 'x', 't', 0x65, 't', 'o', ' ', 'b', 'e'};
    notes_word_count_cbor(on_count, NULL, req, sizeof req);
}
/* ANCHOR_END: cbor */

int main(void) {
    Pending pending = PENDING_INIT;
    Outcome created = OUTCOME_INIT, saved = OUTCOME_INIT, all = OUTCOME_INIT, cancelled = OUTCOME_INIT, done = OUTCOME_INIT;
    void *ctx = NULL;
    uint64_t listener, token;
    char large[2000];

    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    if (notes_open(notes_str("Ada"), on_ended, &created, &ctx) != FFI_RET_OK) {
        return 1;
    }
    wait_for(&created);
    notes_set_store(ctx, store, &ctx);
    register_load(ctx, &pending);
    /* ANCHOR: listen */
    listener = notes_listen_on_saved(ctx, on_saved, &saved);
    /* ANCHOR_END: listen */

    add(ctx, "shopping", "milk");
    wait_for(&saved);
    printf("an event said %d bytes\n", (int)saved.number);
    /* ANCHOR: unlisten */
    notes_remove_event_listener(ctx, listener);
    /* ANCHOR_END: unlisten */
    add(ctx, "novel", large);
    add(ctx, "", "no title");
    find(ctx, "shopping");
    find(ctx, "novel");
    count_words();

    /* ANCHOR: answer */
    notes_read_all(ctx, on_all_read, &all);
    token = take(&pending);
    answer(ctx, token, "milk, eggs");
    wait_for(&all);
    printf("%d bytes; a second answer gets status %d\n", (int)all.number, answer(ctx, token, "too late"));
    /* ANCHOR_END: answer */

    /* ANCHOR: cancel */
    notes_read_all(ctx, on_all_read, &cancelled);
    take(&pending);
    notes_cancel(ctx, &cancelled);
    wait_for(&cancelled);
    printf("status %d: %s\n", cancelled.ret, cancelled.text);
    /* ANCHOR_END: cancel */

    /* ANCHOR: close */
    notes_close(ctx, on_ended, &done);
    wait_for(&done);
    printf("closed with status %d; now it is status %d\n", done.ret, notes_destroy(ctx));
    /* ANCHOR_END: close */
    return 0;
}
