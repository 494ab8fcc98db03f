/* A host for the timer library, in C++17; with C++20 it awaits a request in a coroutine, too.
 *
 * Compile and run, in the project's folder:
 *
 *     cargo build -p my_timer
 *     c++ -std=c++17 -Wall -pthread -I include -I examples/my_timer/generated examples/my_timer/host.cpp \
 *         -L target/debug -lmy_timer -Wl,-rpath,"$PWD/target/debug" -o my_timer_host
 *     ./my_timer_host
 *
 * It tells the story of host.c with the types of my_timer.hpp: a context that destroys itself, futures and callbacks,
 * host functions that are lambdas, errors that are exceptions.
 */
#include "my_timer.hpp"

#include <chrono>
#include <cstdlib>
#include <future>
#include <iostream>
#include <string>

namespace {

std::string to_string(const my_timer::TimerError &error) {
    using E = my_timer::TimerError;
    return error.match(
        [](const E::Empty &) { return std::string("there is nothing in it"); },
        [](const E::TooLong &e) {
            const std::string most = std::to_string(my_timer::kMaxDelayMs);
            return std::to_string(e.delay_ms) + " ms is longer than " + most + " ms";
        },
        [](const E::TooOften &e) { return std::to_string(e.times) + " times is too often"; },
        [](const E::NoClock &e) { return "no clock: " + e.value; });
}

/* `echo` and its event, and an error that the library declares. */
void show_echo(const my_timer::Context &timer) {
    std::promise<std::string> heard;
    const ffihost::Subscription subscription =
        timer.on_echo_fired([&heard](std::string message) { heard.set_value(std::move(message)); });

    const my_timer::EchoResponse response = timer.echo({"hello from C++", 20}).get();
    std::cout << "echo.echoed = " << response.echoed << "\necho.timer = " << response.timer
              << "\non_echo_fired = " << heard.get_future().get() << '\n';

    try {
        timer.echo({"too late", my_timer::kMaxDelayMs + 1}).get();
    } catch (const ffihost::ErrorOf<my_timer::TimerError> &error) {
        std::cout << "echo: " << to_string(error.error()) << '\n';
    }
}

/* A callback in place of a future: it is passed the plan, or the error, with its type. */
void show_plan(const my_timer::Context &timer) {
    my_timer::Schedule schedule;
    schedule.echoes = {{"tick", 10}, {"tock", 20}};
    schedule.tags = {"clock", "demo"};
    schedule.repeat = my_timer::Repeat{my_timer::Repeat::Within{65}};

    std::promise<void> ended;
    timer.plan(schedule, [&ended](const ffihost::Result<my_timer::Plan, my_timer::TimerError> &result) {
        if (const my_timer::TimerError *error = result.declared()) {
            std::cout << "plan: " << to_string(*error) << '\n';
        } else {
            const my_timer::Plan &plan = result.value();
            std::cout << "plan.title = " << plan.title << '\n';
            for (const my_timer::PlanEntry &entry : plan.entries) {
                std::cout << "plan at " << entry.at_ms << " ms: " << entry.message << '\n';
            }
        }
        ended.set_value();
    });
    ended.get_future().get();
}

/* The function that the library asks its host for. What it throws is told to the library; nothing ends the process. */
void show_clock(const my_timer::Context &timer) {
    timer.on_fetch_clock([]() -> std::uint64_t { throw std::runtime_error("the clock has stopped"); });
    try {
        timer.read_clock().get();
    } catch (const ffihost::ErrorOf<my_timer::TimerError> &error) {
        std::cout << "read_clock: " << to_string(error.error()) << '\n';
    }

    timer.on_fetch_clock([] {
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
    });
    std::cout << "clock = " << timer.read_clock().get() << '\n';
}

#ifdef FFIHOST_COROUTINES

/* The least that a coroutine needs to return. */
struct Task {
    struct promise_type {
        std::promise<void> ended;
        Task get_return_object() { return {ended.get_future()}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() { ended.set_value(); }
        void unhandled_exception() { ended.set_exception(std::current_exception()); }
    };
    std::future<void> ended;
};

/* Goes on on the library's FFI thread after each co_await. The request has a name, because g++ 12 destroys a `{…}` within
 * a co_await twice. */
Task echo_twice(const my_timer::Context &timer) {
    my_timer::EchoRequest request{"once", 1};
    const my_timer::EchoResponse once = co_await timer.echo_async(request);
    request.message = once.echoed + ", twice";
    const my_timer::EchoResponse twice = co_await timer.echo_async(request);
    std::cout << "co_await = " << twice.echoed << '\n';
}

#endif

} // namespace

int main() {
    try {
        std::cout << "version = " << my_timer_version() << '\n';
        const my_timer::Context timer = my_timer::Context::open("a timer in C++");
        std::cout << "name = " << timer.name() << '\n';
        show_echo(timer);
        show_plan(timer);
        show_clock(timer);
        std::cout << "total_delay = " << my_timer::total_delay({10, 20, 30}) << " ms\n";
        const my_timer::Stopwatch stopwatch = timer.start_stopwatch("lap");
        std::cout << "stopwatch = " << stopwatch.read_stopwatch().label << '\n';
#ifdef FFIHOST_COROUTINES
        echo_twice(timer).ended.get();
#endif
        return EXIT_SUCCESS;
    } catch (const ffihost::Error &error) { // ffihost::AbiMismatch among them
        std::cerr << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
