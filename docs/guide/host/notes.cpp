// A host of the guide's notes in C++.

// ANCHOR: includes
#include "notes.hpp"

#include <iostream>
#include <map>
#include <mutex>
#include <thread>
// ANCHOR_END: includes

namespace {

using Bytes = std::vector<std::uint8_t>;
using Load = ffihost::Responder<std::optional<Bytes>, notes::RequestError>;

// Keeps what it is given.
class Shelf {
public:
    void put(const std::string &key, Bytes bytes) {
        const std::lock_guard<std::mutex> guard(lock_);
        kept_[key] = std::move(bytes);
    }
    std::optional<Bytes> get(const std::string &key) {
        const std::lock_guard<std::mutex> guard(lock_);
        const auto found = kept_.find(key);
        return found == kept_.end() ? std::nullopt : std::optional<Bytes>(found->second);
    }

private:
    std::mutex lock_;
    std::map<std::string, Bytes> kept_;
};

// ANCHOR: host_fns
void implement(const notes::Context &context, const std::shared_ptr<Shelf> &shelf) {
    // Returns the answer, or throws it.
    context.on_store([shelf](const std::string &key, Bytes bytes) {
        if (bytes.size() > 1000) {
            throw ffihost::ErrorOf<notes::StoreError>(notes::StoreError::Full{1000});
        }
        shelf->put(key, std::move(bytes));
    });
    // Answers later, on a thread of its own.
    context.on_load([shelf](Load load, const std::string &key) {
        std::thread([shelf, key, load = std::move(load)]() mutable { load.complete(shelf->get(key)); }).detach();
    });
}
// ANCHOR_END: host_fns

// ANCHOR: match
std::string describe(const notes::RequestError &error) {
    return error.match([](const notes::RequestError::Untitled &) { return std::string("it needs a title"); },
                       [](const notes::RequestError::Host &host) { return "the host failed: " + host.value; },
                       [](const auto &) { return std::string("something else"); });
}
// ANCHOR_END: match

// ANCHOR: requests
void use(const notes::Context &context) {
    notes::Note note;
    note.title = "shopping";
    note.body = "milk";
    note.remind = notes::Reminder::At{1700000000000};

    // A future.
    std::cout << context.add(note).get() << " note\n";

    // A declared error is an exception; so is everything else that goes wrong.
    note.title.clear();
    try {
        context.add(note).get();
    } catch (const ffihost::ErrorOf<notes::RequestError> &error) {
        std::cout << describe(error.error()) << '\n';
    } catch (const ffihost::Error &error) {
        std::cout << ffihost::status_name(error.status()) << ": " << error.what() << '\n';
    }

    // A callback, on the FFI thread.
    const auto bytes = std::make_shared<std::promise<std::uint64_t>>();
    context.read_all([bytes](ffihost::Result<std::uint64_t, notes::RequestError> result) {
        bytes->set_value(result ? result.value() : 0);
    });
    std::cout << bytes->get_future().get() << " bytes\n";

    // Several at once.
    ffihost::Future<bool> contains = context.contains("shopping", "milk");
    ffihost::Future<std::uint64_t> preloaded = context.preload({"shopping", "novel"});
    std::cout << (contains.get() ? "milk, " : "no milk, ") << preloaded.get() << " bytes\n";

    // A synchronous request returns its result.
    std::cout << (context.find("shopping") ? "found\n" : "not found\n");
}
// ANCHOR_END: requests

// ANCHOR: members
// A handle that its class makes.
void count(const notes::Context &context) {
    const notes::Search search = notes::Search::through(context, {"a map", "a mapping"});
    std::cout << search.left() << " of at most " << notes::Search::kMost << '\n';
}
// ANCHOR_END: members

// ANCHOR: not_wanted
// A host that takes too long to load a note, a request that is given up because of that, and a host that hears of it.
void give_up(const notes::Context &context) {
    const auto unwanted = std::make_shared<std::promise<std::uint64_t>>();
    const auto call = std::make_shared<std::optional<Load>>();
    ffihost::HostFnOptions options;
    options.cancelled = [unwanted](std::uint64_t token) { unwanted->set_value(token); };
    context.on_load([call](Load load, const std::string &) { call->emplace(std::move(load)); }, options);

    ffihost::Future<std::uint64_t> bytes = context.read_all();
    bytes.on_stale([&bytes](std::chrono::milliseconds elapsed) {
        if (elapsed >= std::chrono::milliseconds(900)) {
            bytes.cancel();
        }
    });
    try {
        bytes.get();
    } catch (const ffihost::Error &error) {
        std::cout << ffihost::status_name(error.status()) << '\n';
    }
    if (unwanted->get_future().get() == (*call)->token()) {
        std::cout << "nobody waits for the note any more\n";
    }
}
// ANCHOR_END: not_wanted

// ANCHOR: cbor
// The tools' own request, which is only in CBOR.
void diagnose(const notes::Context &context) {
    const ffihost::Cbor diagnosis = context.diagnose_cbor(ffihost::Cbor{0xa0});
    // {"owner": "Ada", "titles": "1"}
    std::cout << diagnosis.size() << " bytes of CBOR\n";
}
// ANCHOR_END: cbor

#ifdef FFIHOST_COROUTINES
// ANCHOR: coroutine
// The least that a coroutine can return.
struct Started {
    struct promise_type {
        Started get_return_object() noexcept { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        void unhandled_exception() noexcept { std::terminate(); }
    };
};

// An executor: goes on in a thread of its own.
void in_thread(std::function<void()> rest) { std::thread(std::move(rest)).detach(); }

Started read(const notes::Context &context, std::promise<std::uint64_t> total) {
    const std::uint64_t first = co_await context.read_all_async();
    const std::uint64_t second = co_await context.read_all_async().resume_on(in_thread);
    total.set_value(first + second);
}
// ANCHOR_END: coroutine
#endif

} // namespace

// ANCHOR: main
int main() {
    try {
        const notes::Context context = notes::Context::open("Ada");
        implement(context, std::make_shared<Shelf>());
        const auto title = std::make_shared<std::promise<std::string>>();
        const ffihost::Subscription saved =
            context.on_saved([title](const std::string &of, std::uint64_t) { title->set_value(of); });
        use(context);
        count(context);
        std::cout << "saved: " << title->get_future().get() << '\n';
#ifdef FFIHOST_COROUTINES
        std::promise<std::uint64_t> total;
        std::future<std::uint64_t> twice = total.get_future();
        read(context, std::move(total));
        std::cout << twice.get() << " bytes when read twice\n";
#endif
        diagnose(context);
        give_up(context);
    } catch (const ffihost::Error &error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
// ANCHOR_END: main
