/* A token names one call among all contexts of a library, those that live at once and those that come later. */
#include "abuse.h"

enum { CONTEXTS = 32, CALLS = 20 };

static int compare(const void *one, const void *another) {
    uint64_t first, second;
    memcpy(&first, one, sizeof first);
    memcpy(&second, another, sizeof second);
    return first < second ? -1 : first > second;
}

static void no_two_are_equal(void) {
    static uint64_t all[2 * CONTEXTS * CALLS];
    static Told told[CONTEXTS][CALLS];
    int round, index, call, count = 0;
    for (round = 0; round < 2; round++) {
        void *contexts[CONTEXTS];
        Function *functions[CONTEXTS];
        for (index = 0; index < CONTEXTS; index++) {
            contexts[index] = abuse_new("");
            functions[index] = function_register(contexts[index], "ask", NULL);
            for (call = 0; call < CALLS; call++) {
                SUBMIT(contexts[index], abuse_ask, "", &told[index][call]);
            }
        }
        for (index = 0; index < CONTEXTS; index++) {
            LATCH_AWAIT(&functions[index]->asked, CALLS);
            memcpy(&all[count], functions[index]->tokens, sizeof(uint64_t) * CALLS);
            count += CALLS;
        }
        for (index = 0; index < CONTEXTS; index++) {
            for (call = 0; call < CALLS; call++) {
                CHECK_EQ(answer(contexts[index], functions[index]->tokens[call], FFI_RET_OK, ""), FFI_RET_OK);
                CHECK_TOLD(&told[index][call], FFI_RET_OK, "");
            }
            CHECK_EQ(abuse_destroy(contexts[index]), FFI_RET_OK);
            function_end(functions[index], CALLS, 0);
        }
    }
    qsort(all, (size_t)count, sizeof all[0], compare);
    CHECK(all[0] != 0);
    for (index = 1; index < count; index++) {
        CHECK(all[index - 1] != all[index]);
    }
}

/* A late answer to one context's call, which is given to another by mistake, settles nothing there. */
static void an_answer_to_the_wrong_context(void) {
    Told mine, theirs;
    Function *my_function, *their_function;
    void *one = abuse_new("one"), *another = abuse_new("another");
    my_function = function_register(one, "ask", NULL);
    their_function = function_register(another, "ask", NULL);
    SUBMIT(one, abuse_ask, "", &mine);
    SUBMIT(another, abuse_ask, "", &theirs);
    LATCH_AWAIT(&my_function->asked, 1);
    LATCH_AWAIT(&their_function->asked, 1);
    CHECK_EQ(answer(another, my_function->tokens[0], FFI_RET_OK, "wrong"), FFI_RET_UNKNOWN_TOKEN);
    CHECK_EQ(answer(one, their_function->tokens[0], FFI_RET_OK, "wrong"), FFI_RET_UNKNOWN_TOKEN);
    CHECK_EQ(answer(another, their_function->tokens[0], FFI_RET_OK, "theirs"), FFI_RET_OK);
    CHECK_EQ(answer(one, my_function->tokens[0], FFI_RET_OK, "mine"), FFI_RET_OK);
    CHECK_TOLD(&mine, FFI_RET_OK, "mine");
    CHECK_TOLD(&theirs, FFI_RET_OK, "theirs");
    CHECK_EQ(answer(another, my_function->tokens[0], FFI_RET_OK, "late"), FFI_RET_UNKNOWN_TOKEN);
    CHECK_EQ(abuse_destroy(one), FFI_RET_OK);
    CHECK_EQ(abuse_destroy(another), FFI_RET_OK);
    function_end(my_function, 1, 0);
    function_end(their_function, 1, 0);
}

int main(void) {
    check_begin();
    RUN(no_two_are_equal);
    RUN(an_answer_to_the_wrong_context);
    return 0;
}
