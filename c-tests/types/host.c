/* A host of `every_type` that goes by the generated header alone: it passes every type, and compares what comes back, in a
 * result, a declared error, the arguments of a host function, and an event. */
#include "every_type.h"

#include <semaphore.h>

#define CHECK(condition)                                                    \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                        \
        }                                                                   \
    } while (0)

static sem_t done;

static bool same_text(FFIString left, FFIString right) {
    return left.len == right.len && (left.len == 0 || memcmp(left.data, right.data, left.len) == 0);
}

static bool same_bytes(FFIBytes left, FFIBytes right) {
    return left.len == right.len && (left.len == 0 || memcmp(left.data, right.data, left.len) == 0);
}

/* What is passed. */

static const uint8_t raw[] = {0, 255, 7};

static EveryTypePlain plain(const char *text) {
    EveryTypePlain plain = {true,      INT8_MIN,   INT16_MIN,  INT32_MIN, INT64_MIN, UINT8_MAX,
                            UINT16_MAX, UINT32_MAX, UINT64_MAX, 0.5F,      -0.25,     {NULL, 0},
                            {raw, sizeof raw}};
    plain.text = every_type_str(text);
    return plain;
}

static void check_plain(const EveryTypePlain *plain, const char *text) {
    FFIBytes bytes = {raw, sizeof raw};
    CHECK(plain->yes && plain->i8 == INT8_MIN && plain->i16 == INT16_MIN && plain->i32 == INT32_MIN);
    CHECK(plain->i64 == INT64_MIN && plain->u8 == UINT8_MAX && plain->u16 == UINT16_MAX && plain->u32 == UINT32_MAX);
    CHECK(plain->u64 == UINT64_MAX && plain->f32 == 0.5F && plain->f64 == -0.25);
    CHECK(same_text(plain->text, every_type_str(text)) && same_bytes(plain->bytes, bytes));
}

static const EveryTypeColour colours[] = {EVERY_TYPE_COLOUR_BLUE, EVERY_TYPE_COLOUR_RED};
static const uint16_t numbers[] = {0, 1, UINT16_MAX};
static const bool bools[] = {true, false};

/* The parts that are pointed to, for as long as the program runs. */
static FFIString texts[2];
static FFIBytes lists[2];
static EveryTypeShape shapes[3];
static EveryTypeTree leaves[2];
static EveryTypeTree trees[1];
static EveryTypeShapeEntry entries[2];

static EveryTypeNested nested(EveryTypeCounter counter) {
    EveryTypeNested nested;
    memset(&nested, 0, sizeof nested);
    texts[0] = every_type_str("gr\xc3\xbc\xc3\x9f");
    texts[1] = every_type_str("");
    lists[0].data = raw;
    lists[0].len = sizeof raw;
    memset(shapes, 0, sizeof shapes);
    shapes[0].tag = EVERY_TYPE_SHAPE_POINT;
    shapes[1].tag = EVERY_TYPE_SHAPE_CIRCLE;
    shapes[1].payload.circle = 1.5;
    shapes[2].tag = EVERY_TYPE_SHAPE_NAMED;
    shapes[2].payload.named.name = every_type_str("named");
    shapes[2].payload.named.colours.data = colours;
    shapes[2].payload.named.colours.len = 2;
    leaves[0].value = 1;
    leaves[1].value = 2;
    trees[0].value = -1;
    trees[0].children.data = leaves;
    trees[0].children.len = 2;
    entries[0].key = every_type_str("a");
    entries[0].value = shapes[1];
    entries[1].key = every_type_str("b");
    entries[1].value = shapes[2];

    nested.plain = plain("plain");
    nested.colour = EVERY_TYPE_COLOUR_GREEN;
    nested.shape = shapes[2];
    nested.something.present = true;
    nested.something.value = plain("optional");
    nested.numbers.data = numbers;
    nested.numbers.len = 3;
    nested.texts.data = texts;
    nested.texts.len = 2;
    nested.lists.data = lists;
    nested.lists.len = 2;
    nested.shapes.data = shapes;
    nested.shapes.len = 3;
    nested.children.data = trees;
    nested.children.len = 1;
    nested.by_name.data = entries;
    nested.by_name.len = 2;
    nested.maybe.present = true;
    nested.maybe.value.data = bools;
    nested.maybe.value.len = 2;
    nested.counter.present = true;
    nested.counter.value = counter;
    return nested;
}

static void check_shape(const EveryTypeShape *shape, const EveryTypeShape *expected) {
    CHECK(shape->tag == expected->tag);
    if (shape->tag == EVERY_TYPE_SHAPE_CIRCLE) {
        CHECK(shape->payload.circle == 1.5);
    } else if (shape->tag == EVERY_TYPE_SHAPE_NAMED) {
        CHECK(same_text(shape->payload.named.name, every_type_str("named")));
        CHECK(shape->payload.named.colours.len == 2);
        CHECK(shape->payload.named.colours.data[0] == EVERY_TYPE_COLOUR_BLUE);
        CHECK(shape->payload.named.colours.data[1] == EVERY_TYPE_COLOUR_RED);
    }
}

/* Checks all of it, and returns the handle in it. */
static EveryTypeCounter check_nested(const EveryTypeNested *nested) {
    size_t at;
    CHECK(nested != NULL);
    check_plain(&nested->plain, "plain");
    CHECK(nested->colour == EVERY_TYPE_COLOUR_GREEN);
    check_shape(&nested->shape, &shapes[2]);
    CHECK(!nested->nothing.present && nested->something.present);
    check_plain(&nested->something.value, "optional");
    CHECK(nested->numbers.len == 3 && memcmp(nested->numbers.data, numbers, sizeof numbers) == 0);
    CHECK(nested->texts.len == 2 && same_text(nested->texts.data[0], texts[0]) && nested->texts.data[1].len == 0);
    CHECK(nested->lists.len == 2 && same_bytes(nested->lists.data[0], lists[0]) && nested->lists.data[1].len == 0);
    CHECK(nested->shapes.len == 3);
    for (at = 0; at < 3; at++) {
        check_shape(&nested->shapes.data[at], &shapes[at]);
    }
    CHECK(nested->children.len == 1 && nested->children.data[0].value == -1);
    CHECK(nested->children.data[0].children.len == 2 && nested->children.data[0].children.data[1].value == 2);
    CHECK(nested->children.data[0].children.data[1].children.len == 0);
    CHECK(nested->by_name.len == 2 && same_text(nested->by_name.data[1].key, every_type_str("b")));
    check_shape(&nested->by_name.data[0].value, &shapes[1]);
    check_shape(&nested->by_name.data[1].value, &shapes[2]);
    CHECK(nested->maybe.present && nested->maybe.value.len == 2);
    CHECK(nested->maybe.value.data[0] && !nested->maybe.value.data[1]);
    CHECK(nested->counter.present);
    return nested->counter.value;
}

/* Where it arrives. A handle that arrives is given back. */

static int refuse;
static unsigned heard;

static void through_the_host(uint64_t token, const EveryTypeThroughTheHostArgs *args, void *userData) {
    void *ctx = *(void **)userData;
    EveryTypeFailure failure;
    EveryTypeCounter counter = check_nested(&args->nested);
    CHECK(same_text(args->text, every_type_str("plain")) && args->colour == EVERY_TYPE_COLOUR_GREEN);
    CHECK(args->lists.len == 2 && args->lists.data[0] == 1 && args->lists.data[1] == UINT64_MAX);
    if (refuse) {
        memset(&failure, 0, sizeof failure);
        failure.tag = EVERY_TYPE_FAILURE_REFUSED;
        failure.payload.refused.nested = args->nested;
        CHECK(every_type_fail_through_the_host(ctx, token, &failure) == FFI_RET_OK);
    } else {
        CHECK(every_type_complete_through_the_host(ctx, token, &args->nested) == FFI_RET_OK);
    }
    CHECK(every_type_counter_release(ctx, counter) == FFI_RET_OK);
}

static void on_everything(int ret, const char *msg, size_t len, void *userData) {
    const EveryTypeOnEverythingArgs *args = every_type_on_everything_args(msg, len);
    CHECK(ret == FFI_RET_OK && args != NULL);
    CHECK(every_type_counter_release(*(void **)userData, check_nested(&args->nested)) == FFI_RET_OK);
    CHECK(same_text(args->text, every_type_str("plain")) && args->colour == EVERY_TYPE_COLOUR_GREEN);
    CHECK(args->numbers.len == 1 && same_text(args->numbers.data[0].key, every_type_str("answer")));
    CHECK(args->numbers.data[0].value == 42);
    heard++;
    sem_post(&done);
}

static void on_passed(int ret, const char *msg, size_t len, void *userData) {
    const EveryTypeFailure *failure = every_type_pass_error(ret, msg, len);
    EveryTypeCounter counter;
    if (refuse) {
        CHECK(failure != NULL && failure->tag == EVERY_TYPE_FAILURE_REFUSED);
        counter = check_nested(&failure->payload.refused.nested);
    } else {
        counter = check_nested(every_type_pass_result(ret, msg, len));
    }
    CHECK(every_type_counter_release(*(void **)userData, counter) == FFI_RET_OK);
    sem_post(&done);
}

static void on_created(int ret, const char *msg, size_t len, void *userData) {
    (void)msg, (void)len, (void)userData;
    CHECK(ret == FFI_RET_OK);
    sem_post(&done);
}

/* Each way that a parameter is passed. */
static void count(void *ctx) {
    static const int64_t some[] = {1, 2, 3};
    static const EveryTypeF64Entry entry[] = {{{"k", 1}, 0.5}};
    EveryTypePlain three = plain("123");
    EveryTypeI64List list = {some, 3};
    EveryTypeOptionalColour blue = {true, EVERY_TYPE_COLOUR_BLUE};
    EveryTypeF64Map map = {entry, 1};
    EveryTypeShape circle;
    FFIBytes bytes = {raw, sizeof raw};
    uint64_t sum = 0;
    FFIError error = FFI_ERROR_INIT;
    memset(&circle, 0, sizeof circle);
    circle.tag = EVERY_TYPE_SHAPE_CIRCLE;
    circle.payload.circle = 0.5;
    CHECK(every_type_count(ctx, true, -2, 4.0F, every_type_str("text"), bytes, list, &blue, map, &circle, &three, &sum,
                           NULL) == FFI_RET_OK);
    /* The lengths 4, 3, 3, 1 and 3; the scalars 1, 2 and 4; the third colour; the circle. */
    CHECK(sum == 14 + 7 + 3 + 1);
    CHECK(every_type_count(ctx, false, 0, 0.0F, every_type_str(NULL), bytes, list, NULL, map, &circle, &three, &sum,
                           NULL) == FFI_RET_OK);
    CHECK(sum == 10 + 0 + 0 + 1);
    CHECK(every_type_count(ctx, false, 0, 0.0F, every_type_str(NULL), bytes, list, NULL, map, NULL, &three, &sum, &error) ==
          FFI_RET_INVALID_ARGUMENT);
    CHECK(sum == 11 && error.text_len > 0 && error.owner == NULL);
    CHECK(every_type_count(ctx, false, 0, 0.0F, every_type_str(NULL), bytes, list, NULL, map, &circle, &three, NULL,
                           &error) == FFI_RET_INVALID_ARGUMENT);
    bytes.data = NULL;
    CHECK(every_type_count(ctx, false, 0, 0.0F, every_type_str(NULL), bytes, list, NULL, map, &circle, &three, &sum,
                           &error) == FFI_RET_DECODE);
    CHECK(sum == 11 && error.text_len > 0 && error.owner != NULL && error.payload == NULL);
    CHECK(every_type_release_error(&error) == FFI_RET_OK && error.text == NULL);
    CHECK(every_type_release_error(&error) == FFI_RET_OK && every_type_release_error(NULL) == FFI_RET_OK);
}

int main(void) {
    void *ctx;
    FFIStats stats;
    EveryTypeCounter counter = 0;
    EveryTypeNested all;
    uint64_t value = 0;
    CHECK(sem_init(&done, 0, 0) == 0);
    CHECK(every_type_open(on_created, NULL, &ctx) == FFI_RET_OK);
    sem_wait(&done);
    CHECK(every_type_set_through_the_host(ctx, through_the_host, &ctx) == FFI_RET_OK);
    CHECK(every_type_listen_on_everything(ctx, on_everything, &ctx) != 0);
    count(ctx);
    CHECK(every_type_start(ctx, 7, &counter, NULL) == FFI_RET_OK && counter != 0);
    CHECK(every_type_value_of(ctx, counter, &value, NULL) == FFI_RET_OK && value == 7);

    for (refuse = 0; refuse < 2; refuse++) {
        all = nested(counter);
        CHECK(every_type_pass(ctx, on_passed, &ctx, &all) == FFI_RET_OK);
        /* It was copied. */
        memset(&all, 0xff, sizeof all);
        sem_wait(&done);
        sem_wait(&done);
    }
    CHECK(heard == 2);
    CHECK(every_type_counter_release(ctx, counter) == FFI_RET_OK);
    stats.size = sizeof stats;
    CHECK(every_type_stats(ctx, &stats) == FFI_RET_OK && stats.handles == 0);
    CHECK(every_type_destroy(ctx) == FFI_RET_OK);
    puts("every type came through");
    return 0;
}
