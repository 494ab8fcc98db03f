// A library that pretends to be my_app: enough of its exports to run the bindings end to end, with an FFI thread and an event
// thread as the real ones have. What crosses is copied with the bindings' own conversions, and checked by the hosts.

#include "generic.hpp"
#include "my_app.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <unordered_map>

using namespace my_app;
namespace d = ffihost::detail;
using Job = std::function<void()>;

std::atomic<std::uint64_t> mock_hash{MY_APP_ABI_HASH};
std::atomic<std::uint64_t> mock_layout{FFI_LAYOUT};
// How much of what a request in direct form has returned is not released.
std::atomic<int> mock_owned{0};
std::atomic<std::uint64_t> mock_deadline_ms{0};
std::atomic<std::uint32_t> mock_max_in_flight{0};

namespace {

// A thread that runs one job after the other.
class Loop {
public:
    Loop() : thread_([this] { run(); }) {}

    bool post(Job job) {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (ended_) {
            return false;
        }
        jobs_.push_back(std::move(job));
        wake_.notify_one();
        return true;
    }

    bool is_here() const { return std::this_thread::get_id() == thread_.get_id(); }

    // Runs what is there, and ends.
    void end() {
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            ended_ = true;
            wake_.notify_one();
        }
        thread_.join();
    }

private:
    void run() {
        std::unique_lock<std::mutex> lock(mutex_);
        for (;;) {
            wake_.wait(lock, [this] { return ended_ || !jobs_.empty(); });
            if (jobs_.empty()) {
                return;
            }
            Job job = std::move(jobs_.front());
            jobs_.pop_front();
            lock.unlock();
            job();
            job = nullptr;
            lock.lock();
        }
    }

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> jobs_;
    bool ended_ = false;
    std::thread thread_;
};

// A registration; released with its last reference: the registry's, an invocation's, an open call's.
struct Registration {
    FFIHostFnOptions options;
    std::shared_ptr<Registration> shared; // what releases userData that several have
    explicit Registration(const FFIHostFnOptions &from) : options(from) {}
    Registration(const Registration &) = delete;
    ~Registration() {
        if (options.release != nullptr) {
            options.release(options.userData);
        }
    }
};

// What becomes of a host call: a status and the payload, as long as that lives.
using Answer = std::function<Job(int ret, const char *msg, std::size_t len)>;

struct OpenCall {
    std::shared_ptr<Registration> registration;
    Answer answer;
};

struct Listening {
    std::string event;
    FFICallBack cb;
    void *user_data;
    bool removed = false;
    bool running = false;
};

struct App {
    Loop ffi;
    Loop events;
    std::mutex mutex;
    std::condition_variable settled;
    std::map<std::string, std::shared_ptr<Registration>> host_fns;
    std::map<std::uint64_t, OpenCall> open;
    std::map<std::uint64_t, std::shared_ptr<Listening>> listeners;
    std::map<void *, FFICallBack> pending;
    std::map<std::uint64_t, int> cursors;
    std::uint64_t last = 0;
    std::uint32_t pings = 0;
    bool closing = false;
};

// Never destroyed: a context that closes on its own may outlive main.
std::mutex &apps_mutex = *new std::mutex;
auto &apps = *new std::map<std::uintptr_t, std::shared_ptr<App>>;
std::uintptr_t last_app = 0;
std::atomic<std::uint64_t> last_token{0};

std::shared_ptr<App> find_app(void *ctx) {
    const std::lock_guard<std::mutex> lock(apps_mutex);
    const auto found = apps.find(reinterpret_cast<std::uintptr_t>(ctx));
    return found == apps.end() ? nullptr : found->second;
}

void text(FFICallBack cb, void *user_data, int ret, const std::string &what) {
    cb(ret, what.data(), what.size(), user_data);
}

template <class C, class V> void reply(FFICallBack cb, void *user_data, int ret, const V &value) {
    d::send<C>(value, [&](const char *msg, std::size_t len) {
        cb(ret, msg == nullptr ? "" : msg, len, user_data);
        return 0;
    });
}

void done(FFICallBack cb, void *user_data) { cb(FFI_RET_OK, "", 0, user_data); }

template <class Owned> Owned own(const std::string &what) {
    auto *owner = new std::string(what);
    ++mock_owned;
    return {reinterpret_cast<decltype(Owned::data)>(owner->data()), owner->size(), owner};
}

// The text and the payload of an error, in one block.
int fail(FFIError *error, const std::string &what) {
    const auto owned = own<FFIOwnedString>(what);
    *error = {owned.data, owned.len, nullptr, 0, owned.owner};
    return FFI_RET_ERR;
}

template <class C> int fail(FFIError *error, const std::string &what, const C &declared) {
    const std::string payload(reinterpret_cast<const char *>(&declared), sizeof declared);
    const auto owned = own<FFIOwnedString>(payload + what);
    *error = {owned.data + sizeof declared, what.size(), owned.data, sizeof declared, owned.owner};
    return FFI_RET_ERR;
}

template <class Owned> int release(Owned &owned) {
    if (owned.owner != nullptr) {
        delete static_cast<std::string *>(owned.owner);
        --mock_owned;
    }
    owned = Owned{};
    return FFI_RET_OK;
}

// Accepts an asynchronous request.
template <class F> int accept(void *ctx, FFICallBack cb, F work) {
    if (cb == nullptr) {
        return FFI_RET_MISSING_CALLBACK;
    }
    const auto app = find_app(ctx);
    if (app == nullptr) {
        return FFI_RET_INVALID_CTX;
    }
    // Not the shared pointer: the loop is the app's own.
    App *raw = app.get();
    const std::lock_guard<std::mutex> lock(app->mutex);
    return !app->closing && app->ffi.post([raw, work] { work(*raw); }) ? FFI_RET_OK : FFI_RET_CLOSING;
}

// On the FFI thread: calls a host function; `answer` is called with what it answered, and what it returns is run on the FFI
// thread. False if there is none.
template <class Args> bool call_host(App &app, const char *name, const Args *args, Answer answer) {
    std::shared_ptr<Registration> registration;
    const std::uint64_t token = ++last_token;
    {
        const std::lock_guard<std::mutex> lock(app.mutex);
        const auto found = app.host_fns.find(name);
        if (found == app.host_fns.end()) {
            return false;
        }
        registration = found->second;
        app.open[token] = OpenCall{registration, std::move(answer)};
    }
    const char *req = args == nullptr ? "" : reinterpret_cast<const char *>(args);
    registration->options.fn(token, req, args == nullptr ? 0 : sizeof(Args), registration->options.userData);
    return true;
}

template <class C, class V> void emit(App &app, const std::string &event, V value) {
    app.events.post([&app, event, value = std::move(value)] {
        std::vector<std::uint64_t> ids;
        {
            const std::lock_guard<std::mutex> lock(app.mutex);
            for (const auto &entry : app.listeners) {
                ids.push_back(entry.first);
            }
        }
        for (const std::uint64_t id : ids) {
            std::unique_lock<std::mutex> lock(app.mutex);
            const auto found = app.listeners.find(id);
            if (found == app.listeners.end() || found->second->event != event || found->second->removed) {
                continue;
            }
            const std::shared_ptr<Listening> listener = found->second;
            listener->running = true;
            lock.unlock();
            if constexpr (std::is_void_v<C>) {
                listener->cb(FFI_RET_OK, "", 0, listener->user_data);
            } else {
                listener->cb(FFI_RET_OK, reinterpret_cast<const char *>(&value.first), sizeof(C), listener->user_data);
            }
            lock.lock();
            listener->running = false;
            app.settled.notify_all();
        }
    });
}

std::string of(const char *msg, std::size_t len) { return std::string(msg, len); }

// On the FFI thread: ends a call that nobody has answered.
void call_off(std::uint64_t token, const OpenCall &call, int status, const char *why) {
    const FFIHostFnOptions &options = call.registration->options;
    if (options.cancel != nullptr) {
        options.cancel(token, options.userData);
    }
    call.answer(status, why, std::strlen(why))();
}

// On the FFI thread: ends the calls of a registration that is gone.
void call_off_all(App &app, const std::shared_ptr<Registration> &gone) {
    std::map<std::uint64_t, OpenCall> ended;
    {
        const std::lock_guard<std::mutex> lock(app.mutex);
        for (auto call = app.open.begin(); call != app.open.end();) {
            const auto next = std::next(call);
            if (call->second.registration == gone) {
                ended.insert(app.open.extract(call));
            }
            call = next;
        }
    }
    for (const auto &call : ended) {
        call_off(call.first, call.second, FFI_RET_CANCELLED, "unregistered");
    }
}

// Whether bytes are these.
template <std::size_t N> bool are(const char (&expected)[N], const uint8_t *bytes, std::size_t len) {
    return len == N - 1 && std::memcmp(expected, bytes, len) == 0;
}

// Ends what is left: on the FFI thread, behind all that was accepted.
void sweep(App &app) {
    std::map<void *, FFICallBack> pending;
    std::map<std::string, std::shared_ptr<Registration>> host_fns;
    std::map<std::uint64_t, OpenCall> open;
    {
        const std::lock_guard<std::mutex> lock(app.mutex);
        pending.swap(app.pending);
        open.swap(app.open);
        host_fns.swap(app.host_fns);
    }
    for (auto &entry : pending) {
        text(entry.second, entry.first, FFI_RET_CANCELLED, "the context has closed");
    }
    for (auto &call : open) {
        call_off(call.first, call.second, FFI_RET_CLOSING, "shutting down");
    }
}

void end(const std::shared_ptr<App> &app, std::uintptr_t number) {
    app->ffi.post([&] { sweep(*app); });
    app->ffi.end();
    app->events.end();
    const std::lock_guard<std::mutex> lock(apps_mutex);
    apps.erase(number);
}

bool begin_to_close(App &app) {
    const std::lock_guard<std::mutex> lock(app.mutex);
    return !std::exchange(app.closing, true);
}

} // namespace

extern "C" {

const char *my_app_version(void) { return "9.9.9"; }

uint64_t my_app_abi_hash(void) { return mock_hash; }

uint64_t my_app_abi_layout(void) { return mock_layout; }

int my_app_create(FFIString name, const MyAppOptionalLimits *limits, uint8_t retries, FFICallBack cb, void *user_data,
                  void **ctx) {
    const std::string called = d::take<std::string>(name, nullptr);
    if (called == "busy") {
        return FFI_RET_BUSY;
    }
    auto app = std::make_shared<App>();
    const bool limited = limits != nullptr && limits->present;
    std::uintptr_t number = 0;
    {
        const std::lock_guard<std::mutex> lock(apps_mutex);
        number = last_app += 0x1001;
        apps[number] = app;
    }
    *ctx = reinterpret_cast<void *>(number);
    App *raw = app.get();
    raw->ffi.post([=] {
        text(cb, user_data, FFI_RET_STALE_WARN, "17");
        if (called != "fails") {
            return done(cb, user_data);
        }
        std::thread([app, number] { end(app, number); }).detach();
        const OpenError error{OpenError::Name{"fails " + std::to_string(retries) + (limited ? " limited" : "")}};
        reply<MyAppOpenError>(cb, user_data, FFI_RET_ERR, error);
    });
    return FFI_RET_OK;
}

int my_app_destroy(void *ctx) {
    const auto app = find_app(ctx);
    if (app == nullptr) {
        return FFI_RET_INVALID_CTX;
    }
    if (app->ffi.is_here() || app->events.is_here()) {
        return FFI_RET_WOULD_DEADLOCK;
    }
    if (begin_to_close(*app)) {
        end(app, reinterpret_cast<std::uintptr_t>(ctx));
    }
    return FFI_RET_OK;
}

int my_app_close(void *ctx, FFICallBack cb, void *user_data) {
    const auto app = find_app(ctx);
    if (app == nullptr) {
        return FFI_RET_INVALID_CTX;
    }
    if (!begin_to_close(*app)) {
        return FFI_RET_CLOSING;
    }
    std::thread([app, ctx, cb, user_data] {
        end(app, reinterpret_cast<std::uintptr_t>(ctx));
        if (cb != nullptr) {
            done(cb, user_data);
        }
    }).detach();
    return FFI_RET_OK;
}

int my_app_cancel(void *ctx, void *user_data) {
    return accept(ctx, ffihost::detail::ffihost_v1_callback, [=](App &app) {
        FFICallBack cb = nullptr;
        {
            const std::lock_guard<std::mutex> lock(app.mutex);
            const auto found = app.pending.find(user_data);
            if (found == app.pending.end()) {
                return;
            }
            cb = found->second;
            app.pending.erase(found);
        }
        text(cb, user_data, FFI_RET_CANCELLED, "cancelled");
    });
}

int my_app_stats(void *ctx, FFIStats *out) {
    const auto app = find_app(ctx);
    if (app == nullptr) {
        return FFI_RET_INVALID_CTX;
    }
    const std::lock_guard<std::mutex> lock(app->mutex);
    out->host_fns_registered = app->host_fns.size();
    out->host_calls_in_flight = app->open.size();
    out->listeners = app->listeners.size();
    return FFI_RET_OK;
}

int my_app_register_host_fn_with(void *ctx, const char *name, const FFIHostFnOptions *options) {
    const auto app = find_app(ctx);
    if (app == nullptr) {
        return FFI_RET_INVALID_CTX;
    }
    std::shared_ptr<Registration> old;
    const std::lock_guard<std::mutex> lock(app->mutex);
    if (app->closing) {
        return FFI_RET_CLOSING;
    }
    mock_deadline_ms = options->deadline_ms;
    mock_max_in_flight = options->max_in_flight;
    auto &slot = app->host_fns[name];
    old = std::move(slot);
    slot = std::make_shared<Registration>(*options);
    return FFI_RET_OK;
}

int my_app_host_fn_registered(void *ctx, const char *name) {
    const auto app = find_app(ctx);
    if (app == nullptr) {
        return -FFI_RET_INVALID_CTX;
    }
    const std::lock_guard<std::mutex> lock(app->mutex);
    return app->host_fns.count(name) == 0 ? 0 : 1;
}

int my_app_register_host_fns(void *ctx, const FFINamedHostFn *fns, size_t count, const FFIHostFnOptions *options) {
    const auto app = find_app(ctx);
    if (app == nullptr) {
        return FFI_RET_INVALID_CTX;
    }
    std::vector<std::shared_ptr<Registration>> old;
    const std::lock_guard<std::mutex> lock(app->mutex);
    if (app->closing) {
        return FFI_RET_CLOSING;
    }
    const auto shared = std::make_shared<Registration>(*options);
    for (const FFINamedHostFn *one = fns; one != fns + count; ++one) {
        auto registration = std::make_shared<Registration>(*options);
        registration->options.fn = one->fn;
        registration->options.release = nullptr;
        registration->shared = shared;
        auto &slot = app->host_fns[one->name];
        old.push_back(std::exchange(slot, std::move(registration)));
    }
    return FFI_RET_OK;
}

int my_app_register_host_fn(void *ctx, const char *name, FFIHostFn fn, void *user_data) {
    if (fn != nullptr) {
        FFIHostFnOptions options = FFI_HOST_FN_OPTIONS_INIT;
        options.fn = fn;
        options.userData = user_data;
        return my_app_register_host_fn_with(ctx, name, &options);
    }
    const auto app = find_app(ctx);
    if (app == nullptr) {
        return FFI_RET_INVALID_CTX;
    }
    std::shared_ptr<Registration> old;
    const std::lock_guard<std::mutex> lock(app->mutex);
    const auto found = app->host_fns.find(name);
    if (found == app->host_fns.end()) {
        return FFI_RET_NOT_REGISTERED;
    }
    old = std::move(found->second);
    app->host_fns.erase(found);
    app->ffi.post([raw = app.get(), gone = old] { call_off_all(*raw, gone); });
    return FFI_RET_OK;
}

int my_app_host_complete(void *ctx, uint64_t token, int ret, const char *msg, size_t len) {
    const auto app = find_app(ctx);
    if (app == nullptr) {
        return FFI_RET_INVALID_CTX;
    }
    OpenCall call;
    {
        const std::lock_guard<std::mutex> lock(app->mutex);
        const auto found = app->open.find(token);
        if (found == app->open.end()) {
            return FFI_RET_UNKNOWN_TOKEN;
        }
        call = std::move(found->second);
        app->open.erase(found);
    }
    app->ffi.post(call.answer(ret, msg == nullptr ? "" : msg, len));
    return FFI_RET_OK;
}

uint64_t my_app_add_event_listener(void *ctx, const char *event, FFICallBack cb, void *user_data) {
    const auto app = find_app(ctx);
    if (app == nullptr || cb == nullptr) {
        return 0;
    }
    const std::lock_guard<std::mutex> lock(app->mutex);
    auto listener = std::make_shared<Listening>();
    listener->event = event;
    listener->cb = cb;
    listener->user_data = user_data;
    app->listeners[++app->last] = listener;
    return app->last;
}

int my_app_remove_event_listener(void *ctx, uint64_t id) {
    const auto app = find_app(ctx);
    if (app == nullptr) {
        return FFI_RET_INVALID_CTX;
    }
    std::shared_ptr<Listening> listener;
    std::unique_lock<std::mutex> lock(app->mutex);
    const auto found = app->listeners.find(id);
    if (found == app->listeners.end()) {
        return FFI_RET_UNKNOWN_TOKEN;
    }
    listener = found->second;
    listener->removed = true;
    if (listener->running && !app->events.is_here()) {
        if (app->ffi.is_here()) {
            return FFI_RET_BUSY;
        }
        app->settled.wait(lock, [&] { return !listener->running; });
    }
    app->listeners.erase(id);
    return FFI_RET_OK;
}

// Asks for the profile, and opens a session with it. Warns that it takes its time.
int my_app_login(void *ctx, FFICallBack cb, void *user_data, const MyAppLoginReq *req) {
    auto asked = std::make_shared<LoginReq>(d::take<LoginReq>(*req, ctx));
    return accept(ctx, cb, [=](App &app) {
        text(cb, user_data, FFI_RET_STALE_WARN, "10");
        const MyAppFetchProfileArgs args = {{asked->user_id.data(), asked->user_id.size()}, true};
        App *raw = &app;
        const bool called = call_host(app, "fetch_profile", &args, [=](int ret, const char *msg, std::size_t len) -> Job {
            if (ret == FFI_RET_OK) {
                auto profile = std::make_shared<Profile>(d::payload<MyAppProfile, Profile>(msg, len, ctx));
                return [=] {
                    d::Arena arena;
                    MyAppSession session{};
                    session.token = 7;
                    session.profile = d::lend<MyAppProfile>(*profile, arena);
                    {
                        const std::lock_guard<std::mutex> lock(raw->mutex);
                        session.cursor = ++raw->last;
                        raw->cursors[raw->last] = 0;
                    }
                    session.expires_in = 1.5;
                    auto shared = std::make_shared<std::pair<Profile, Shape>>(*profile, Shape{Shape::Circle{2.0}});
                    auto kept = std::make_shared<d::Arena>();
                    MyAppProfileChangedArgs changed = {d::lend<MyAppProfile>(shared->first, *kept),
                                                       d::lend<MyAppShape>(shared->second, *kept)};
                    emit<MyAppProfileChangedArgs>(*raw, "profile_changed",
                                                  std::make_pair(changed, std::make_pair(shared, kept)));
                    cb(FFI_RET_OK, reinterpret_cast<const char *>(&session), sizeof session, user_data);
                };
            }
            LoginError error{LoginError::Host{of(msg, len)}};
            if (ret == FFI_RET_ERR) {
                const auto declared = d::payload<MyAppProfileError, ProfileError>(msg, len, ctx);
                error = declared == ProfileError::NotFound ? LoginError{LoginError::UnknownUser{}}
                                                           : LoginError{LoginError::Locked{5}};
            }
            return [=] { reply<MyAppLoginError>(cb, user_data, FFI_RET_ERR, error); };
        });
        if (!called) {
            const LoginError error{LoginError::Host{"not registered"}};
            reply<MyAppLoginError>(cb, user_data, FFI_RET_ERR, error);
        }
    });
}

// Stores something, if it can, and fires. Warns of the requests that never end.
int my_app_ping(void *ctx, FFICallBack cb, void *user_data) {
    return accept(ctx, cb, [=](App &app) {
        std::map<void *, FFICallBack> pending;
        {
            const std::lock_guard<std::mutex> lock(app.mutex);
            pending = app.pending;
        }
        for (const auto &entry : pending) {
            text(entry.second, entry.first, FFI_RET_STALE_WARN, "1500");
        }
        auto fired = std::make_shared<std::string>("ping");
        MyAppOnFiredArgs event = {{fired->data(), fired->size()}, ++app.pings};
        emit<MyAppOnFiredArgs>(app, "on_fired", std::make_pair(event, fired));
        emit<void>(app, "on_idle", 0);
        const std::uint8_t bytes[] = {1, 2, 3};
        MyAppStoreArgs args{};
        args.key = {"key", 3};
        args.value.present = true;
        args.value.value = {bytes, sizeof bytes};
        const bool called = call_host(app, "store", &args, [=](int ret, const char *msg, std::size_t len) -> Job {
            const std::string what = std::to_string(ret) + " " + of(msg, len);
            return [=] { ret == FFI_RET_OK ? done(cb, user_data) : text(cb, user_data, FFI_RET_PANIC, what); };
        });
        if (!called) {
            done(cb, user_data);
        }
    });
}

int my_app_role_of(void *ctx, FFICallBack cb, void *user_data, FFIString) {
    return accept(ctx, cb, [=](App &app) {
        const MyAppRole roles[] = {MY_APP_ROLE_ADMIN, MY_APP_ROLE_GUEST};
        const MyAppChooseArgs args = {{roles, 2}};
        const bool called = call_host(app, "choose", &args, [=](int ret, const char *msg, std::size_t len) -> Job {
            const std::string payload = of(msg, len);
            return [=] { cb(ret, payload.data(), payload.size(), user_data); };
        });
        if (!called) {
            reply<MyAppRole>(cb, user_data, FFI_RET_OK, Role::Guest);
        }
    });
}

int my_app_draw(void *ctx, FFICallBack cb, void *user_data, MyAppShapeMap shapes) {
    auto drawn = std::make_shared<std::map<std::string, Shape>>(d::take<std::map<std::string, Shape>>(shapes, ctx));
    return accept(ctx, cb, [=](App &app) {
        std::vector<Shape> all;
        for (const auto &entry : *drawn) {
            all.push_back(entry.second);
        }
        d::Arena arena;
        const MyAppPickArgs args = {d::lend<MyAppShapeList>(all, arena)};
        const bool called = call_host(app, "pick", &args, [=](int ret, const char *msg, std::size_t len) -> Job {
            if (ret != FFI_RET_OK) {
                const std::string what = ret == FFI_RET_ERR ? "declared" : of(msg, len);
                return [=] { text(cb, user_data, FFI_RET_PANIC, what); };
            }
            drawn->emplace("picked", d::payload<MyAppShape, Shape>(msg, len, ctx));
            return [=] { reply<MyAppShapeMap>(cb, user_data, FFI_RET_OK, *drawn); };
        });
        if (!called) {
            reply<MyAppShapeMap>(cb, user_data, FFI_RET_OK, *drawn);
        }
    });
}

int my_app_sum(void *ctx, MyAppF64List values, double *result, FFIError *) {
    if (find_app(ctx) == nullptr) {
        return FFI_RET_INVALID_CTX;
    }
    *result = 0;
    for (std::size_t at = 0; at < values.len; ++at) {
        *result += values.data[at];
    }
    return FFI_RET_OK;
}

int my_app_greet(void *ctx, FFIString name, FFIOwnedString *result, FFIError *error) {
    const std::string called = d::take<std::string>(name, ctx);
    if (find_app(ctx) == nullptr) {
        return FFI_RET_INVALID_CTX;
    }
    if (called == "busy") {
        return FFI_RET_BUSY;
    }
    if (called.empty()) {
        return fail(error, "no name");
    }
    *result = own<FFIOwnedString>("hello " + called);
    return FFI_RET_OK;
}

int my_app_seal(void *, FFIString text, FFIOwnedBytes *result, FFIError *error) {
    const std::string what(text.data, text.len);
    if (what.empty()) {
        return fail(error, "nothing to seal", MyAppProfileError{1});
    }
    *result = own<FFIOwnedBytes>(what);
    return FFI_RET_OK;
}

int my_app_touch(void *ctx, FFIError *error) {
    return find_app(ctx) == nullptr ? fail(error, "", MyAppRole{1}) : FFI_RET_OK;
}

int my_app_split(void *, FFIString text, FFICallBack cb, void *user_data) {
    cb(FFI_RET_STALE_WARN, "1", 1, user_data);
    const std::string what(text.data, text.len);
    reply<MyAppStringList>(cb, user_data, FFI_RET_OK, std::vector<std::string>{what, what});
    return FFI_RET_OK;
}

int my_app_find(void *ctx, FFICallBack cb, void *user_data, const MyAppOptionalString *id) {
    const auto asked = d::take<std::optional<std::string>>(*id, ctx);
    return accept(ctx, cb, [=](App &) {
        if (asked == "bad") {
            return reply<MyAppProfileError>(cb, user_data, FFI_RET_ERR, ProfileError::Offline);
        }
        std::optional<Profile> found;
        if (asked) {
            found.emplace();
            found->id = *asked;
        }
        reply<MyAppOptionalProfile>(cb, user_data, FFI_RET_OK, found);
    });
}

int my_app_echo(void *ctx, FFICallBack cb, void *user_data, const MyAppKitchen *kitchen) {
    // A handle is the host's: it is not owned here, and what goes back is another one of the same object.
    MyAppKitchen without = *kitchen;
    without.maybe_handle.present = false;
    auto copy = std::make_shared<Kitchen>(d::take<Kitchen>(without, ctx));
    const MyAppOptionalCursor cursor = kitchen->maybe_handle;
    return accept(ctx, cb, [=](App &app) {
        d::Arena arena;
        MyAppKitchen back = d::lend<MyAppKitchen>(*copy, arena);
        if (cursor.present) {
            const std::lock_guard<std::mutex> lock(app.mutex);
            back.maybe_handle = {true, ++app.last};
            app.cursors[app.last] = app.cursors[cursor.value];
        }
        cb(FFI_RET_OK, reinterpret_cast<const char *>(&back), sizeof back, user_data);
    });
}

int my_app_open_cursor(void *ctx, FFICallBack cb, void *user_data) {
    return accept(ctx, cb, [=](App &app) {
        std::uint64_t cursor = 0;
        {
            const std::lock_guard<std::mutex> lock(app.mutex);
            cursor = ++app.last;
            app.cursors[cursor] = 0;
        }
        reply<std::uint64_t>(cb, user_data, FFI_RET_OK, cursor);
    });
}

int my_app_cursor_start(void *ctx, MyAppCursor *result, FFIError *) {
    const auto app = find_app(ctx);
    if (app == nullptr) {
        return FFI_RET_INVALID_CTX;
    }
    const std::lock_guard<std::mutex> lock(app->mutex);
    *result = ++app->last;
    app->cursors[*result] = 0;
    return FFI_RET_OK;
}

int my_app_cursor_over(void *ctx, FFICallBack cb, void *user_data, MyAppStringList names) {
    return names.len == 0 ? accept(ctx, cb, [=](App &) { text(cb, user_data, FFI_RET_ERR, "no names"); })
                          : my_app_open_cursor(ctx, cb, user_data);
}

int my_app_cursor_skip(void *ctx, FFICallBack cb, void *user_data, MyAppCursor cursor, uint32_t n) {
    return accept(ctx, cb, [=](App &app) {
        {
            const std::lock_guard<std::mutex> lock(app.mutex);
            app.cursors[cursor] += static_cast<int>(n);
        }
        cb(FFI_RET_OK, nullptr, 0, user_data);
    });
}

int my_app_cursor_limit(uint32_t of, uint32_t *result, FFIError *) {
    *result = of / 2;
    return FFI_RET_OK;
}

int my_app_next(void *ctx, FFICallBack cb, void *user_data, MyAppCursor cursor, uint32_t n) {
    return accept(ctx, cb, [=](App &app) {
        int *position = nullptr;
        {
            const std::lock_guard<std::mutex> lock(app.mutex);
            const auto found = app.cursors.find(cursor);
            if (found != app.cursors.end()) {
                position = &(found->second += static_cast<int>(n));
            }
        }
        if (position == nullptr) {
            return text(cb, user_data, FFI_RET_DECODE, "cursor: no live handle");
        }
        std::vector<Profile> profiles(n);
        for (std::uint32_t at = 0; at < n; ++at) {
            profiles[at].id = std::to_string(at);
        }
        reply<MyAppProfileList>(cb, user_data, FFI_RET_OK, profiles);
    });
}

int my_app_position(void *ctx, MyAppCursor cursor, uint64_t *result, FFIError *) {
    const auto app = find_app(ctx);
    if (app == nullptr) {
        return FFI_RET_INVALID_CTX;
    }
    const std::lock_guard<std::mutex> lock(app->mutex);
    *result = static_cast<std::uint64_t>(app->cursors[cursor]);
    return FFI_RET_OK;
}

int my_app_cursor_release(void *ctx, MyAppCursor cursor) {
    const auto app = find_app(ctx);
    if (app == nullptr) {
        return FFI_RET_INVALID_CTX;
    }
    const std::lock_guard<std::mutex> lock(app->mutex);
    return app->cursors.erase(cursor) == 1 ? FFI_RET_OK : FFI_RET_UNKNOWN_TOKEN;
}

int my_app_never(void *ctx, FFICallBack cb, void *user_data) {
    return accept(ctx, cb, [=](App &app) {
        const std::lock_guard<std::mutex> lock(app.mutex);
        app.pending[user_data] = cb;
    });
}

int my_app_add(uint32_t a, uint32_t b, uint32_t *result, FFIError *) {
    if (a == 0) {
        return FFI_RET_INVALID_ARGUMENT;
    }
    *result = a + b;
    return FFI_RET_OK;
}

int my_app_release_string(FFIOwnedString *string) { return release(*string); }
int my_app_release_bytes(FFIOwnedBytes *bytes) { return release(*bytes); }
int my_app_release_error(FFIError *error) { return release(*error); }

// In CBOR: {"what": "x"} is "y", {"what": ""} an error.
int my_app_inspect_cbor(void *ctx, FFICallBack cb, void *user_data, const uint8_t *req, size_t len) {
    const std::vector<std::uint8_t> asked(req, req + len);
    return accept(ctx, cb, [=](App &) {
        if (are("\xa1\x64what\x61x", asked.data(), asked.size())) {
            return text(cb, user_data, FFI_RET_OK, "\x61y");
        }
        const bool is_empty = are("\xa1\x64what\x60", asked.data(), asked.size());
        is_empty ? text(cb, user_data, FFI_RET_ERR, "\x64none") : text(cb, user_data, FFI_RET_DECODE, "not a map");
    });
}

// In CBOR: the last byte of the request is the handle, and there are 24 at most.
int my_app_peek_cbor(void *ctx, FFICallBack cb, void *user_data, const uint8_t *req, size_t len) {
    const auto app = find_app(ctx);
    if (app == nullptr) {
        return FFI_RET_INVALID_CTX;
    }
    const std::lock_guard<std::mutex> lock(app->mutex);
    const auto found = app->cursors.find(len == 0 ? 0 : req[len - 1]);
    found == app->cursors.end() ? text(cb, user_data, FFI_RET_DECODE, "no live handle")
                                : text(cb, user_data, FFI_RET_OK, std::string(1, static_cast<char>(found->second)));
    return FFI_RET_OK;
}

// In CBOR: 7 of the empty map.
int my_app_measure_cbor(FFICallBack cb, void *user_data, const uint8_t *req, size_t len) {
    const bool is_empty = are("\xa0", req, len);
    std::thread([=] { text(cb, user_data, is_empty ? FFI_RET_OK : FFI_RET_DECODE, "\x07"); }).detach();
    return FFI_RET_OK;
}

int my_app_digest(FFICallBack cb, void *user_data, FFIBytes data) {
    const std::vector<std::uint8_t> bytes(data.data, data.data + data.len);
    std::thread([=] {
        const std::vector<std::uint8_t> reversed(bytes.rbegin(), bytes.rend());
        reply<FFIBytes>(cb, user_data, FFI_RET_OK, reversed);
    }).detach();
    return FFI_RET_OK;
}

// Another library, all of it in CBOR: a my_app underneath.
const char *generic_version(void) { return "1.2.3"; }
uint64_t generic_abi_hash(void) { return GENERIC_ABI_HASH; }
uint64_t generic_abi_layout(void) { return FFI_LAYOUT; }
int generic_destroy(void *ctx) { return my_app_destroy(ctx); }
int generic_close(void *ctx, FFICallBack done, void *user_data) { return my_app_close(ctx, done, user_data); }
int generic_cancel(void *ctx, void *user_data) { return my_app_cancel(ctx, user_data); }
int generic_stats(void *ctx, FFIStats *out) { return my_app_stats(ctx, out); }
int generic_register_host_fn(void *, const char *, FFIHostFn, void *) { return FFI_RET_INVALID_ARGUMENT; }
int generic_register_host_fns(void *, const FFINamedHostFn *, size_t, const FFIHostFnOptions *) {
    return FFI_RET_INVALID_ARGUMENT;
}
int generic_register_host_fn_with(void *, const char *, const FFIHostFnOptions *) { return FFI_RET_INVALID_ARGUMENT; }
int generic_host_complete(void *, uint64_t, int, const char *, size_t) { return FFI_RET_UNKNOWN_TOKEN; }
uint64_t generic_add_event_listener(void *, const char *, FFICallBack, void *) { return 0; }
int generic_release_string(FFIOwnedString *) { return FFI_RET_OK; }
int generic_release_bytes(FFIOwnedBytes *) { return FFI_RET_OK; }
int generic_release_error(FFIError *) { return FFI_RET_OK; }
int generic_remove_event_listener(void *, uint64_t) { return FFI_RET_UNKNOWN_TOKEN; }

// {"name": "a"}, and nothing else.
int generic_create_cbor(const uint8_t *req, size_t len, FFICallBack cb, void *user_data, void **ctx) {
    if (are("\xa1\x64name\x61" "a", req, len)) {
        return my_app_create({"a", 1}, nullptr, 0, cb, user_data, ctx);
    }
    std::thread([=] { text(cb, user_data, FFI_RET_ERR, "\x64name"); }).detach();
    return FFI_RET_OK;
}

int generic_size_cbor(void *ctx, FFICallBack cb, void *user_data, const uint8_t *req, size_t len) {
    if (find_app(ctx) == nullptr) {
        return FFI_RET_INVALID_CTX;
    }
    text(cb, user_data, are("\xa0", req, len) ? FFI_RET_OK : FFI_RET_DECODE, "\x0c");
    return FFI_RET_OK;
}

} // extern "C"
