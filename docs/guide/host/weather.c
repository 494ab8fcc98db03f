/* ANCHOR: includes */
#include "weather.h"

#include <semaphore.h>
/* ANCHOR_END: includes */

/* ANCHOR: host_fn */
/* The host function. This answer is at hand; otherwise keep the token, and answer on any thread. */
static void fetch_conditions(uint64_t token, const WeatherFetchConditionsArgs *args, void *userData) {
    void *ctx = *(void **)userData;
    if (args->city.len == 6 && memcmp(args->city.data, "Bergen", 6) == 0) {
        WeatherConditions conditions = {7.5, true};
        weather_complete_fetch_conditions(ctx, token, &conditions);
    } else {
        WeatherAdviceError error = {WEATHER_ADVICE_ERROR_UNKNOWN_CITY, {{NULL, 0}}};
        weather_fail_fetch_conditions(ctx, token, &error);
    }
}
/* ANCHOR_END: host_fn */

/* ANCHOR: callbacks */
/* Called once for the create. */
static void on_created(int ret, const char *msg, size_t len, void *userData) {
    if (ret != FFI_RET_OK) {
        printf("create: status %d: %.*s\n", ret, (int)len, msg);
    }
    sem_post(userData);
}

/* Called once for each request that was accepted. */
static void on_advice(int ret, const char *msg, size_t len, void *userData) {
    FFIString advice;
    const WeatherAdviceError *error = weather_advise_error(ret, msg, len);
    if (weather_advise_result(ret, msg, len, &advice)) {
        printf("%.*s\n", (int)advice.len, advice.data);
    } else if (error != NULL && error->tag == WEATHER_ADVICE_ERROR_UNKNOWN_CITY) {
        printf("there is no such city\n");
    } else if (error != NULL) {
        printf("no answer: %.*s\n", (int)error->payload.no_answer.len, error->payload.no_answer.data);
    } else {
        printf("status %d: %.*s\n", ret, (int)len, msg);
    }
    sem_post(userData);
}
/* ANCHOR_END: callbacks */

/* ANCHOR: main */
int main(void) {
    static const char *const cities[] = {"Bergen", "Atlantis"};
    void *ctx = NULL;
    sem_t ended;
    int ret;
    size_t i;

    sem_init(&ended, 0, 0);
    ret = weather_open(10.0, on_created, &ended, &ctx);
    if (ret == FFI_RET_ABI_MISMATCH) {
        char text[512];
        weather_abi_message(text, sizeof text);
        fprintf(stderr, "%s\n", text);
        return 1;
    }
    if (ret != FFI_RET_OK) {
        fprintf(stderr, "create: status %d\n", ret);
        return 1;
    }
    sem_wait(&ended);

    weather_set_fetch_conditions(ctx, fetch_conditions, &ctx);
    for (i = 0; i < 2; i++) {
        if (weather_advise(ctx, on_advice, &ended, weather_str(cities[i])) == FFI_RET_OK) {
            sem_wait(&ended);
        }
    }
    return weather_destroy(ctx) == FFI_RET_OK ? 0 : 1;
}
/* ANCHOR_END: main */
