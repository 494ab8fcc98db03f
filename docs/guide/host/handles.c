/* A host of the guide's notes, which searches them. */
#include "notes.h"

#include <semaphore.h>

static void on_ended(int ret, const char *msg, size_t len, void *userData) {
    if (ret != FFI_RET_OK) {
        printf("status %d: %.*s\n", ret, (int)len, msg);
    }
    sem_post(userData);
}

static void store(uint64_t token, const NotesStoreArgs *args, void *userData) {
    (void)args;
    notes_complete_store(*(void **)userData, token);
}

/* ANCHOR: handles */
static void on_hit(int ret, const char *msg, size_t len, void *userData) {
    const NotesOptionalString *title = notes_next_hit_result(ret, msg, len);
    bool *more = userData;
    *more = title != NULL && title->present;
    if (*more) {
        printf("%.*s\n", (int)title->value.len, title->value.data);
    } else if (ret != FFI_RET_OK) {
        printf("status %d: %.*s\n", ret, (int)len, msg);
    }
}

static void print_hits(void *ctx, const char *text) {
    NotesSearch search = 0;
    bool more = true;
    notes_search(ctx, notes_str(text), &search, NULL);
    while (more) {
        notes_next_hit(ctx, search, on_hit, &more);
    }
    notes_search_release(ctx, search);
    /* From here on the number means nothing. */
    notes_next_hit(ctx, search, on_hit, &more);
}
/* ANCHOR_END: handles */

/* ANCHOR: members */
static void print_left(void *ctx) {
    FFIString titles[2] = {notes_str("a map"), notes_str("a mapping")};
    NotesStringList list = {titles, 2};
    NotesSearch search = 0;
    uint64_t left = 0;
    notes_search_through(ctx, list, &search, NULL);
    notes_search_left(ctx, search, &left, NULL);
    printf("%d of at most %d\n", (int)left, (int)NOTES_SEARCH_MOST);
    notes_search_release(ctx, search);
}
/* ANCHOR_END: members */

int main(void) {
    static const char *const titles[] = {"a book", "a film", "a bookshop"};
    sem_t ended;
    void *ctx = NULL;
    NotesNote note;
    size_t i;

    sem_init(&ended, 0, 0);
    if (notes_open(notes_str("Ada"), on_ended, &ended, &ctx) != FFI_RET_OK) {
        return 1;
    }
    sem_wait(&ended);
    notes_set_store(ctx, store, &ctx);
    memset(&note, 0, sizeof note);
    for (i = 0; i < 3; i++) {
        note.title = notes_str(titles[i]);
        if (notes_add(ctx, on_ended, &ended, &note) == FFI_RET_OK) {
            sem_wait(&ended);
        }
    }
    print_hits(ctx, "book");
    print_left(ctx);
    return notes_destroy(ctx);
}
