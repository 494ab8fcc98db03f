// A host in C++, run against the mock library: what the bindings promise, step by step.

#include "generic.hpp"
#include "my_app.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>

using namespace std::chrono_literals;

extern std::atomic<std::uint64_t> mock_hash;
extern std::atomic<std::uint64_t> mock_layout;
extern std::atomic<int> mock_owned;
extern std::atomic<std::uint64_t> mock_deadline_ms;
extern std::atomic<std::uint32_t> mock_max_in_flight;

#define CHECK(what)                                                                                                    \
    do {                                                                                                               \
        if (!(what)) {                                                                                                 \
            std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what);                                    \
            std::abort();                                                                                              \
        }                                                                                                              \
    } while (false)

namespace {

my_app::Context open(const char *name = "test") { return my_app::Context::open(name, std::nullopt, 3); }

// The exception of a type that something throws.
template <class E, class F> E thrown(F &&f) {
    try {
        f();
    } catch (const E &error) {
        return error;
    }
    std::fprintf(stderr, "nothing was thrown\n");
    std::abort();
}

my_app::Profile alice() {
    my_app::Profile profile;
    profile.id = "alice";
    profile.age = std::uint8_t{30};
    profile.role = my_app::Role::Guest;
    profile.tags = {"a", "", "c"};
    profile.avatar = {0, 255, 7};
    return profile;
}

// Something that lives somewhere, counted.
struct Counted {
    explicit Counted(std::atomic<int> &alive) : count(&alive) { ++*count; }
    Counted(const Counted &other) : count(other.count) { ++*count; }
    ~Counted() { --*count; }
    Counted &operator=(const Counted &) = delete;
    std::atomic<int> *count;
};

// What holds one of several structs is copied, moved, compared and matched as that one.
void enums_with_data() {
    using my_app::Shape;
    const auto says = [](const Shape &shape) {
        return shape.match([](const Shape::Circle &circle) { return circle.value; },
                           [](const Shape::Rect &rect) { return rect.width * rect.height; },
                           [](const auto &) { return -1.0; });
    };
    Shape shape = Shape::Rect{2, 3};
    CHECK(shape.index() == 2 && says(shape) > 5.9 && says(Shape()) < 0 && !shape.is<Shape::Circle>());
    const Shape copy = shape;
    CHECK((copy == shape && copy == Shape::Rect{2, 3} && copy != Shape::Rect{2, 4} && copy != Shape::Circle{2}));
    shape.match([](Shape::Rect &rect) { rect.width = 5; }, [](auto &) { CHECK(false); });
    CHECK(says(shape) > 14.9 && says(copy) < 6.1 && shape.get_if<Shape::Circle>() == nullptr);

    shape = Shape::Group{{copy, Shape::Person{alice()}}};
    Shape moved = std::move(shape);
    shape = moved;
    CHECK(shape == moved);
    const auto group = std::move(moved).match([](Shape::Group &&held) { return std::move(held.value); },
                                              [](auto &&) { return std::vector<Shape>(); });
    CHECK(group.size() == 2 && group == shape.get_if<Shape::Group>()->value);
    const Shape &itself = shape;
    shape = itself;
    shape = Shape(shape.get_if<Shape::Group>()->value[1]);
    CHECK((shape == Shape::Person{alice()}));

    static_assert(std::is_copy_constructible_v<Shape> && std::is_nothrow_move_constructible_v<Shape>);
    static_assert(!std::is_copy_constructible_v<ffihost::Variant<std::unique_ptr<int>>>);
    static_assert(!std::is_constructible_v<Shape, my_app::Profile>);
}

class Gate {
public:
    void open() {
        const std::lock_guard<std::mutex> lock(mutex_);
        is_open_ = true;
        wake_.notify_all();
    }
    void pass() {
        std::unique_lock<std::mutex> lock(mutex_);
        CHECK(wake_.wait_for(lock, 20s, [this] { return is_open_; }));
    }

private:
    std::mutex mutex_;
    std::condition_variable wake_;
    bool is_open_ = false;
};

void constructors() {
    CHECK(thrown<ffihost::Error>([] { open("busy"); }).status() == FFI_RET_BUSY);
    my_app::Limits limits;
    limits.users = 3;
    const auto failed = [&] { my_app::Context::open("fails", limits, 9); };
    const auto error = thrown<ffihost::ErrorOf<my_app::OpenError>>(failed);
    CHECK(error.error().get_if<my_app::OpenError::Name>()->value == "fails 9 limited");
    CHECK(std::string(error.what()) == "OpenError::Name");

    std::future<my_app::Context> later = my_app::Context::create("later", std::nullopt, 0);
    my_app::Context app = later.get();
    CHECK(app && app.greet("you") == "hello you");

    std::promise<bool> ready;
    my_app::Context now = my_app::Context::start("now", std::nullopt, 0, [&](auto result) { ready.set_value(result.ok()); });
    CHECK(now.greet("me") == "hello me" && ready.get_future().get());

    my_app::Context moved = std::move(now);
    CHECK(!now && moved.raw() != nullptr);
    CHECK(thrown<ffihost::Error>([&] { now.greet("me"); }).status() == FFI_RET_INVALID_CTX);
    now = std::move(moved);
    CHECK(now.greet("me") == "hello me");
}

void mismatch() {
    mock_hash = 1;
    const auto error = thrown<ffihost::AbiMismatch>([] { open(); });
    const std::string text = error.what();
    CHECK(text.find("1.2.3") != text.npos && text.find("9.9.9") != text.npos);
    CHECK(text.find("0123456789abcdef") != text.npos && text.find("0000000000000001") != text.npos);
    CHECK(error.status() == FFI_RET_ABI_MISMATCH);
    mock_hash = MY_APP_ABI_HASH;
    // The same interface, of a target that aligns 64 bits to 4 bytes.
    mock_layout = 0x0404040204040404;
    const std::string other = thrown<ffihost::AbiMismatch>([] { open(); }).what();
    CHECK(other.find("layout 0404040204040404") != other.npos && other.find("layout 08") != other.npos);
    CHECK(my_app_check_abi() == FFI_RET_ABI_MISMATCH);
    mock_layout = FFI_LAYOUT;
    CHECK(my_app_check_abi() == FFI_RET_OK);
}

void synchronous() {
    const my_app::Context app = open();
    CHECK(app.greet("you") == "hello you");
    const auto error = thrown<ffihost::ErrorOf<std::string>>([&] { app.greet(""); });
    CHECK(error.error() == "no name" && std::string(error.what()) == "no name");
    CHECK(thrown<ffihost::Error>([&] { app.greet("busy"); }).status() == FFI_RET_BUSY);
    CHECK((app.seal("ab") == std::vector<std::uint8_t>{'a', 'b'}));
    const auto unsealed = thrown<ffihost::ErrorOf<my_app::ProfileError>>([&] { app.seal(""); });
    CHECK(unsealed.error() == my_app::ProfileError::Offline && std::string(unsealed.what()) == "nothing to seal");
    app.touch();
    const my_app::Context gone(nullptr);
    const auto untouched = thrown<ffihost::ErrorOf<my_app::Role>>([&] { gone.touch(); });
    CHECK(untouched.error() == my_app::Role::Guest && std::string(untouched.what()) == "Role::Guest");
    CHECK((app.split("x") == std::vector<std::string>{"x", "x"}));
    CHECK(mock_owned == 0);
    const double sum = app.sum({1.5, 2.5});
    CHECK(sum > 3.9 && sum < 4.1);
    CHECK(my_app::add(2, 3) == 5);
    CHECK(thrown<ffihost::Error>([] { my_app::add(0, 3); }).status() == FFI_RET_INVALID_ARGUMENT);
    CHECK((my_app::digest({1, 2, 3}).get() == std::vector<std::uint8_t>{3, 2, 1}));
}

// Every type there and back.
void values() {
    const my_app::Context app = open();
    my_app::Kitchen there;
    there.a_bool = true;
    there.an_i8 = -8;
    there.an_i64 = INT64_MIN;
    there.a_u64 = UINT64_MAX;
    there.an_f64 = 0.25;
    there.a_string = std::string("with\0nul", 8);
    there.some_bytes = {9, 8};
    there.an_option = 0.5;
    there.an_optional_list = std::vector<std::uint32_t>{};
    there.a_list_of_options = {std::nullopt, 4u};
    there.an_option_of_an_option = std::optional<bool>();
    there.a_map_of_lists = {{"", {}}, {"b", {1, -1}}};
    there.some_bools = {true, false, true};
    there.a_list_of_lists = {{}, {"x", "y"}};
    there.a_list_of_bytes = {{1}, {}};
    there.a_list_of_maps = {{{"k", "v"}}};
    there.a_map_of_bytes = {{"m", {5}}};
    there.an_optional_enum = my_app::Shape{my_app::Shape::Rect{2, 3}};
    there.shapes.push_back({my_app::Shape::Group{{{my_app::Shape::Circle{1}}, {my_app::Shape::Person{alice()}}}}});
    there.roles = {{"r", my_app::Role::Guest}};
    there.tree.label = "root";
    there.tree.children.resize(2);
    there.tree.children[1].label = "leaf";
    there.tree.named["n"].label = "named";
    there.expression =
        my_app::Expr::Call{"f", {{my_app::Expr::Number{1}}, {my_app::Expr::Let{{{"x", {my_app::Expr::Number{-2}}}}}}}};

    const my_app::Kitchen back = app.echo(there).get();
    CHECK(back.a_bool && back.an_i8 == -8 && back.an_i64 == INT64_MIN && back.a_u64 == UINT64_MAX);
    CHECK(back.a_string == there.a_string && back.some_bytes == there.some_bytes && back.an_option == there.an_option);
    CHECK(back.an_optional_list == there.an_optional_list && back.a_list_of_options == there.a_list_of_options);
    CHECK(back.an_option_of_an_option.has_value() && !back.an_option_of_an_option->has_value());
    CHECK(back.a_map_of_lists == there.a_map_of_lists && back.some_bools == there.some_bools);
    CHECK(back.a_list_of_lists == there.a_list_of_lists && back.a_list_of_bytes == there.a_list_of_bytes);
    CHECK(back.a_list_of_maps == there.a_list_of_maps && back.a_map_of_bytes == there.a_map_of_bytes);
    CHECK(!back.an_optional_string && back.roles == there.roles && !back.maybe_handle && back.handles.empty());
    CHECK(back.an_optional_enum->get_if<my_app::Shape::Rect>()->height > 2.9);
    const auto &group = back.shapes.at(0).get_if<my_app::Shape::Group>()->value;
    CHECK(group.at(1).get_if<my_app::Shape::Person>()->value == alice());
    CHECK(back.tree.children.at(1).label == "leaf" && back.tree.named.at("n").label == "named");
    const auto &call = *back.expression.get_if<my_app::Expr::Call>();
    const auto &let = call.args.at(1).get_if<my_app::Expr::Let>()->value;
    CHECK(call.name == "f" && let.at("x").get_if<my_app::Expr::Number>()->value == -2);
    CHECK(back == there);
    there.tree.children[1].label = "another leaf";
    CHECK(back != there && !(back == there));

    CHECK(!app.find(std::nullopt).get());
    CHECK(app.find("bob").get()->id == "bob");
    CHECK(thrown<ffihost::ErrorOf<my_app::ProfileError>>([&] { app.find("bad").get(); }).error() ==
          my_app::ProfileError::Offline);
}

void host_functions() {
    const my_app::Context app = open();
    const auto login = [&] { return app.login({"alice", {my_app::Role::Admin}}).get(); };
    using LoginFailed = ffihost::ErrorOf<my_app::LoginError>;
    using Host = my_app::LoginError::Host;
    const auto host_text = [&] { return thrown<LoginFailed>(login).error().get_if<Host>()->value; };
    CHECK(host_text() == "not registered");

    // Returned at once.
    app.on_fetch_profile([](std::string user_id, bool fresh) {
        CHECK(user_id == "alice" && fresh);
        return alice();
    });
    my_app::Session session = login();
    CHECK(session.token == 7 && session.profile == alice() && session.cursor);
    CHECK(session.cursor.next(2).get().at(1).id == "1");

    // The declared error, and others.
    app.on_fetch_profile([](std::string, bool) -> my_app::Profile {
        throw ffihost::ErrorOf<my_app::ProfileError>(my_app::ProfileError::NotFound);
    });
    CHECK(thrown<LoginFailed>(login).error().is<my_app::LoginError::UnknownUser>());
    app.on_fetch_profile([](std::string, bool) -> my_app::Profile { throw std::runtime_error("no disk"); });
    CHECK(host_text() == "no disk");
    app.on_fetch_profile([](std::string, bool) -> my_app::Profile { throw 5; });
    CHECK(host_text() == "the host threw something that is no std::exception");

    // Later, on another thread.
    std::vector<std::thread> threads;
    using Answer = ffihost::Responder<my_app::Profile, my_app::ProfileError>;
    app.on_fetch_profile([&](Answer call, std::string user_id, bool) {
        threads.emplace_back([call = std::move(call), user_id]() mutable {
            std::this_thread::sleep_for(5ms);
            my_app::Profile profile = alice();
            profile.id = user_id + "!";
            CHECK(call && call.complete(profile) && !call && !call.complete(profile));
        });
    });
    CHECK(login().profile.id == "alice!");
    app.on_fetch_profile([&](Answer call, std::string, bool) {
        threads.emplace_back(
            [call = std::move(call)]() mutable { CHECK(call.reject(my_app::ProfileError::Offline)); });
    });
    CHECK(thrown<LoginFailed>(login).error().get_if<my_app::LoginError::Locked>()->minutes == 5);
    for (std::thread &thread : threads) {
        thread.join();
    }

    // Dropped, moved over, thrown out of.
    app.on_fetch_profile([](Answer, std::string, bool) {});
    CHECK(host_text() == "the host dropped the call without an answer");
    app.on_fetch_profile([](Answer call, std::string, bool) { CHECK(call.fail("on purpose", FFI_RET_OK)); });
    CHECK(host_text() == "on purpose");
    static std::atomic<int> reported{0};
    const auto before = ffihost::on_uncaught([](std::exception_ptr, const char *) noexcept { ++reported; });
    app.on_fetch_profile([](Answer, std::string, bool) { throw std::runtime_error("thrown out of"); });
    CHECK(host_text() == "the host dropped the call without an answer" && reported == 1);
    ffihost::on_uncaught(before);

    // Nothing as a result, text as an error, enums, lists, unions.
    app.on_store([](std::string key, std::optional<std::vector<std::uint8_t>> value) {
        CHECK(key == "key" && value->size() == 3);
    });
    app.ping().get();
    app.on_store([](std::string, std::optional<std::vector<std::uint8_t>>) {
        throw ffihost::ErrorOf<std::string>("full");
    });
    CHECK(std::string(thrown<ffihost::Error>([&] { app.ping().get(); }).what()) == "1 full");
    app.on_choose([](std::vector<my_app::Role> roles) { return roles.front(); });
    CHECK(app.role_of("x").get() == my_app::Role::Admin);
    app.on_pick([](std::vector<my_app::Shape> of) { return of.at(1); });
    const auto drawn = app.draw({{"a", {my_app::Shape::Nothing{}}}, {"b", {my_app::Shape::Circle{4}}}}).get();
    CHECK(drawn.at("picked").get_if<my_app::Shape::Circle>()->value > 3.9);

    // Unregistered, twice.
    app.on_fetch_profile(nullptr);
    app.on_fetch_profile(nullptr);
    CHECK(host_text() == "not registered");
}

// Keeps whatever text it is given, answers at once, and fails a key that is empty.
class Kept final : public my_app::Storage {
public:
    explicit Kept(const Counted &counted) : counted_(counted) {}

    void load(ffihost::Responder<std::optional<std::vector<std::uint8_t>>> call, std::string) override {
        call.complete(std::nullopt);
    }

    void save(ffihost::Responder<void, std::string> call, std::string key,
              std::optional<std::vector<std::uint8_t>> value) override {
        CHECK(key == "key" && value->size() == 3);
        if (++saved == 2) {
            throw std::runtime_error("thrown out of");
        }
        call.complete();
    }

    std::atomic<int> saved{0};

private:
    Counted counted_;
};

void implemented() {
    std::atomic<int> alive{0};
    {
        const my_app::Context app = open();
        CHECK(thrown<ffihost::Error>([&] { app.implement_storage(nullptr); }).status() == FFI_RET_INVALID_ARGUMENT);
        auto kept = std::make_shared<Kept>(Counted(alive));
        app.implement_storage(kept);
        CHECK(app.stats().host_fns_registered == 2);
        app.ping().get();
        static std::atomic<int> reported{0};
        const auto before = ffihost::on_uncaught([](std::exception_ptr, const char *) noexcept { ++reported; });
        CHECK(thrown<ffihost::Error>([&] { app.ping().get(); }).status() != FFI_RET_OK && reported == 1);
        ffihost::on_uncaught(before);
        CHECK(kept->saved == 2);
        kept.reset();
        app.on_load(nullptr);
        CHECK(alive == 1);
        app.ping().get();
        app.on_store(nullptr);
    }
    CHECK(alive == 0);
    my_app::Context gone = open();
    gone.destroy();
    const auto refused = thrown<ffihost::Error>([&] { gone.implement_storage(std::make_shared<Kept>(Counted(alive))); });
    CHECK(refused.status() == FFI_RET_INVALID_CTX && alive == 0);
}

void released() {
    std::atomic<int> alive{0};
    {
        const my_app::Context app = open();
        const Counted counted(alive);
        app.on_choose([counted](std::vector<my_app::Role> roles) { return roles.back(); });
        CHECK(app.stats().host_fns_registered == 1 && alive > 1);
        app.on_choose([counted](std::vector<my_app::Role> roles) { return roles.front(); });
        // Replaced and unregistered inside itself.
        app.on_choose([counted, &app](std::vector<my_app::Role>) {
            app.on_choose(nullptr);
            return my_app::Role::Guest;
        });
        CHECK(app.role_of("x").get() == my_app::Role::Guest && alive == 1);
        app.on_choose([counted](std::vector<my_app::Role> roles) { return roles.back(); });
    }
    CHECK(alive == 0);
    const my_app::Context gone(nullptr);
    const Counted counted(alive);
    CHECK(thrown<ffihost::Error>([&] {
              gone.on_choose([counted](std::vector<my_app::Role> roles) { return roles.back(); });
          }).status() == FFI_RET_INVALID_CTX);
    CHECK(alive == 1);
}

void callbacks() {
    std::atomic<int> alive{0};
    my_app::Context app = open();
    {
        std::promise<std::string> told;
        const Counted counted(alive);
        app.find("bad", [&told, counted](ffihost::Result<std::optional<my_app::Profile>, my_app::ProfileError> result) {
            CHECK(!result && result.declared() != nullptr && *result.declared() == my_app::ProfileError::Offline);
            CHECK(thrown<ffihost::Error>([&] { result.value(); }).status() == FFI_RET_ERR);
            told.set_value(result.error()->what());
        });
        CHECK(told.get_future().get() == "ProfileError::Offline");
    }
    // What it throws is reported, and nothing else happens.
    static std::atomic<int> reported{0};
    const auto before = ffihost::on_uncaught([](std::exception_ptr, const char *) noexcept { ++reported; });
    app.ping([](ffihost::Result<void>) { throw 1; });
    app.ping().get();
    CHECK(reported == 1);
    ffihost::on_uncaught(before);

    // Cancelled; a request that has ended cannot be.
    auto never = app.never();
    CHECK(never.wait_for(5ms) == std::future_status::timeout && never.cancel());
    CHECK(thrown<ffihost::Error>([&] { never.get(); }).status() == FFI_RET_CANCELLED);
    // Dropped: it goes on, and ends with the context.
    static_cast<void>(app.never());
    auto last = app.never();
    CHECK(app.destroy() == FFI_RET_OK && !app && !last.cancel());
    CHECK(thrown<ffihost::Error>([&] { last.get(); }).status() == FFI_RET_CANCELLED);
    CHECK(thrown<ffihost::Error>([&] { app.ping().get(); }).status() == FFI_RET_INVALID_CTX);
    CHECK(thrown<ffihost::Error>([&] { app.ping([](auto) { std::abort(); }); }).status() == FFI_RET_INVALID_CTX);
    CHECK(alive == 0);
}

void events() {
    std::atomic<int> alive{0};
    my_app::Context app = open();
    std::promise<std::string> fired;
    ffihost::Subscription listening;
    {
        const Counted counted(alive);
        listening = app.on_fired([&, counted](std::string message, std::uint32_t count) {
            // Inside itself: this delivery is the last.
            listening.end();
            CHECK(alive >= 1);
            fired.set_value(message + std::to_string(count));
        });
    }
    app.ping().get();
    CHECK(fired.get_future().get() == "ping1");
    app.ping().get();

    app.on_fetch_profile([](std::string, bool) { return alice(); });
    std::promise<double> changed;
    auto second = app.on_profile_changed([&](my_app::Profile profile, my_app::Shape shape) {
        CHECK(profile == alice());
        changed.set_value(shape.get_if<my_app::Shape::Circle>()->value);
    });
    static_cast<void>(app.login({"alice", {}}).get());
    CHECK(changed.get_future().get() > 1.9);

    // Dropped on the FFI thread, which must not wait, while it runs.
    Gate entered, leave;
    auto busy = std::make_shared<ffihost::Subscription>();
    {
        const Counted counted(alive);
        *busy = app.on_idle([&, counted] {
            entered.open();
            leave.pass();
            CHECK(alive >= 1);
        });
    }
    std::promise<void> dropped;
    app.ping().get();
    entered.pass();
    app.ping([busy, &dropped](auto) mutable {
        busy->end();
        dropped.set_value();
    });
    dropped.get_future().get();
    leave.open();
    busy.reset();

    const auto idle = app.on_idle([] {});
    CHECK(app.stats().listeners >= 2);
    app.destroy();
    for (int at = 0; at < 1000 && alive != 0; ++at) {
        std::this_thread::sleep_for(5ms);
    }
    CHECK(alive == 0);
    CHECK(thrown<ffihost::Error>([&] { static_cast<void>(app.on_idle([] {})); }).status() == FFI_RET_INVALID_CTX);
}

void handles() {
    my_app::Context app = open();
    my_app::Cursor cursor = app.open_cursor().get();
    CHECK(cursor && cursor.next(3).get().size() == 3 && cursor.position() == 3);
    my_app::Cursor other = std::move(cursor);
    CHECK(!cursor && other);
    my_app::Kitchen there;
    there.maybe_handle = std::move(other);
    const auto back = app.echo(there).get();
    CHECK(back.maybe_handle->position() == 3);
    my_app::Cursor stale = app.open_cursor().get();
    app.destroy();
    CHECK(thrown<ffihost::Error>([&] { stale.position(); }).status() == FFI_RET_INVALID_CTX);
}

// What is in the class of a handle: what makes one, what is called on it, and what needs none.
void members() {
    const my_app::Context app = open();
    const my_app::Cursor started = my_app::Cursor::start(app);
    const my_app::Cursor over = my_app::Cursor::over(app, {"a"}).get();
    CHECK(started && over && started.raw() != over.raw());
    over.skip(my_app::Cursor::kMaxStep).get();
    CHECK(over.position() == 64 && started.position() == 0 && my_app::Cursor::limit(5) == 2);
    const auto refused = thrown<ffihost::ErrorOf<std::string>>([&] { my_app::Cursor::over(app, {}).get(); });
    CHECK(refused.error() == "no names");
}

// A context that ends in its own callbacks, and one whose answers come too late.
void ends() {
    Gate closed;
    auto app = std::make_unique<my_app::Context>(open());
    std::promise<void> told;
    app->ping([&](auto result) {
        CHECK(result.ok());
        app.reset();
        told.set_value();
    });
    told.get_future().get();

    my_app::Context second = open();
    const auto third = second.never();
    second.close([&](int status) {
        CHECK(status == FFI_RET_OK);
        closed.open();
    });
    CHECK(!second);
    closed.pass();
    CHECK(thrown<ffihost::Error>([&] { second.close([](int) {}); }).status() == FFI_RET_INVALID_CTX);

    using Answer = ffihost::Responder<my_app::Role>;
    std::optional<Answer> late;
    Gate asked;
    std::future<my_app::Role> role;
    {
        const my_app::Context fourth = open();
        fourth.on_choose([&](Answer call, std::vector<my_app::Role>) {
            late.emplace(std::move(call));
            asked.open();
        });
        role = fourth.role_of("x");
        asked.pass();
    }
    CHECK(thrown<ffihost::Error>([&] { role.get(); }).status() == FFI_RET_CLOSING);
    CHECK(!late->complete(my_app::Role::Admin));
}

void many_threads() {
    const my_app::Context app = open();
    app.on_choose([](std::vector<my_app::Role> roles) { return roles.back(); });
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&] {
            for (int at = 0; at < 50; ++at) {
                auto role = app.role_of("x");
                auto found = app.find("y");
                auto never = app.never();
                CHECK(role.get() == my_app::Role::Guest && found.get()->id == "y");
                never.cancel();
                CHECK(thrown<ffihost::Error>([&] { never.get(); }).status() == FFI_RET_CANCELLED);
            }
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
}

// Requests that are only in CBOR.
void in_cbor() {
    using ffihost::Cbor;
    using Failed = ffihost::ErrorOf<Cbor>;
    using namespace std::string_view_literals;
    my_app::Context app = open();
    CHECK((app.inspect_cbor("\xa1\x64what\x61x"sv).get() == Cbor{0x61, 'y'}));
    const Cbor empty = {0xa1, 0x64, 'w', 'h', 'a', 't', 0x60};
    CHECK((thrown<Failed>([&] { app.inspect_cbor(empty).get(); }).error() == Cbor{0x64, 'n', 'o', 'n', 'e'}));
    CHECK(thrown<ffihost::Error>([&] { app.inspect_cbor({nullptr, 0}).get(); }).status() == FFI_RET_DECODE);
    std::promise<Cbor> told;
    app.inspect_cbor(std::string("\xa1\x64what\x61x"),
                     [&](ffihost::Result<Cbor, Cbor> result) { told.set_value(std::move(result).value()); });
    CHECK((told.get_future().get() == Cbor{0x61, 'y'}));

    // Of a handle: it is one of the arguments. Of no context.
    const my_app::Cursor cursor = app.open_cursor().get();
    CHECK(cursor.next(3).get().size() == 3 && cursor.raw() < 24);
    Cbor which = {0xa1, 0x66, 'c', 'u', 'r', 's', 'o', 'r', static_cast<std::uint8_t>(cursor.raw())};
    CHECK(app.peek_cbor(which) == Cbor{3});
    which.back() = 23;
    CHECK(thrown<ffihost::Error>([&] { app.peek_cbor(which); }).status() == FFI_RET_DECODE);
    CHECK(my_app::measure_cbor("\xa0"sv).get() == Cbor{7});
    app.destroy();
    CHECK(thrown<ffihost::Error>([&] { app.inspect_cbor(empty).get(); }).status() == FFI_RET_INVALID_CTX);

    // A library that is nothing else.
    const auto named = "\xa1\x64name\x61"
                       "a"sv;
    const auto refused = thrown<Failed>([] { generic::Context::open_cbor("\xa0"sv); });
    CHECK((refused.error() == Cbor{0x64, 'n', 'a', 'm', 'e'}));
    const generic::Context other = generic::Context::open_cbor(named);
    CHECK(other.size_cbor("\xa0"sv) == Cbor{12});
    std::promise<bool> ready;
    const auto third = generic::Context::start_cbor(named, [&](auto result) { ready.set_value(result.ok()); });
    CHECK(ready.get_future().get() && third.size_cbor("\xa0"sv) == Cbor{12});
}

// Requests that take long say so, to whoever asked for it, as long as they run.
void warnings() {
    std::atomic<int> alive{0};
    std::atomic<int> warned{0};
    my_app::Context app = open();
    const auto observer = [&](const Counted &counted) {
        return [&warned, counted](std::chrono::milliseconds elapsed) {
            CHECK(elapsed == 1500ms);
            ++warned;
        };
    };
    const auto future = app.never();
    std::promise<void> ended;
    const ffihost::Request request = app.never([&](ffihost::Result<void>) { ended.set_value(); });
    app.ping().get();
    CHECK(warned == 0);
    {
        const Counted counted(alive);
        future.on_stale(observer(counted));
        request.on_stale(observer(counted));
    }
    app.ping().get();
    CHECK(warned == 2);
    app.ping().get();
    CHECK(warned == 4 && alive == 2);
    // Replaced; taken away; what it throws is reported.
    static std::atomic<int> reported{0};
    const auto before = ffihost::on_uncaught([](std::exception_ptr, const char *) noexcept { ++reported; });
    future.on_stale([](std::chrono::milliseconds) { throw 1; });
    request.on_stale(nullptr);
    app.ping().get();
    CHECK(warned == 4 && reported == 1 && alive == 0);
    ffihost::on_uncaught(before);
    // Freed when the request ends, however long it is kept; set too late it is not kept at all.
    {
        const Counted counted(alive);
        request.on_stale(observer(counted));
    }
    CHECK(alive == 1 && request.cancel());
    ended.get_future().get();
    CHECK(alive == 0);
    {
        const Counted counted(alive);
        request.on_stale(observer(counted));
        ffihost::Request().on_stale(observer(counted));
    }
    CHECK(alive == 0 && warned == 4);
}

// A host that answers later learns that nobody waits any more.
void answers_not_wanted() {
    std::atomic<int> alive{0};
    std::mutex mutex;
    std::vector<std::uint64_t> cancelled;
    using Answer = ffihost::Responder<my_app::Role>;
    std::vector<Answer> open_calls;
    std::vector<std::uint64_t> tokens;
    my_app::Context app = open();
    Gate asked[4];
    const auto later = [&](Answer call, std::vector<my_app::Role>) {
        const std::lock_guard<std::mutex> lock(mutex);
        tokens.push_back(call.token());
        open_calls.push_back(std::move(call));
        asked[open_calls.size() - 1].open();
    };
    const auto observed = [&] {
        const Counted counted(alive);
        ffihost::HostFnOptions options;
        options.cancelled = [&, counted](std::uint64_t token) {
            const std::lock_guard<std::mutex> lock(mutex);
            cancelled.push_back(token);
        };
        options.deadline = 90s;
        options.max_in_flight = 7;
        app.on_choose(later, options);
    };
    observed();
    CHECK(mock_deadline_ms == 90000 && mock_max_in_flight == 7);
    // Answered: nobody is told.
    auto first = app.role_of("x");
    asked[0].pass();
    CHECK(open_calls[0].complete(my_app::Role::Admin) && open_calls[0].token() == 0);
    CHECK(first.get() == my_app::Role::Admin && cancelled.empty());
    // Unregistered.
    auto second = app.role_of("x");
    asked[1].pass();
    app.on_choose(nullptr);
    CHECK(thrown<ffihost::Error>([&] { second.get(); }).status() == FFI_RET_CANCELLED);
    CHECK((cancelled == std::vector<std::uint64_t>{tokens[1]} && tokens[1] != tokens[0] && tokens[1] != 0));
    CHECK(!open_calls[1].complete(my_app::Role::Admin));
    // What it throws is reported.
    static std::atomic<int> reported{0};
    const auto before = ffihost::on_uncaught([](std::exception_ptr, const char *where) noexcept {
        CHECK(std::string(where) == "a cancel function");
        ++reported;
    });
    app.on_choose(later, {[](std::uint64_t) { throw std::runtime_error("in a cancel function"); }});
    CHECK(mock_deadline_ms == 0 && mock_max_in_flight == 0);
    auto third = app.role_of("x");
    asked[2].pass();
    app.on_choose(nullptr);
    CHECK(thrown<ffihost::Error>([&] { third.get(); }).status() == FFI_RET_CANCELLED && reported == 1);
    ffihost::on_uncaught(before);
    // Closed.
    observed();
    auto fourth = app.role_of("x");
    asked[3].pass();
    app.destroy();
    CHECK(thrown<ffihost::Error>([&] { fourth.get(); }).status() == FFI_RET_CLOSING);
    CHECK((cancelled == std::vector<std::uint64_t>{tokens[1], tokens[3]} && alive == 0));
}

#ifdef FFIHOST_COROUTINES

// A coroutine that nobody waits for but by what it does.
struct Task {
    struct promise_type {
        Task get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::abort(); }
    };
    std::coroutine_handle<promise_type> handle;
};

Task in_turn(const my_app::Context &app, std::promise<std::string> &told) {
    const auto found = co_await app.find_async("carol");
    std::string text = found->id;
    try {
        co_await app.find_async("bad");
    } catch (const ffihost::ErrorOf<my_app::ProfileError> &error) {
        text += std::string(" ") + error.what();
    }
    co_await app.ping_async();
    try {
        my_app::Context gone(nullptr);
        co_await gone.ping_async();
    } catch (const ffihost::Error &error) {
        text += std::string(" ") + ffihost::status_name(error.status());
    }
    told.set_value(text);
}

Task for_ever(const my_app::Context &app) { co_await app.never_async(); }

void coroutines() {
    my_app::Context app = open();
    std::promise<std::string> told;
    const Task task = in_turn(app, told);
    CHECK(told.get_future().get() == "carol ProfileError::Offline FFI_RET_INVALID_CTX");
    // Warned of while it waits.
    std::atomic<int> warned{0};
    auto never = app.never_async();
    never.on_stale([&](std::chrono::milliseconds) { ++warned; });
    app.ping().get();
    CHECK(warned == 1 && never.cancel());
    // Destroyed while it waits: the request is cancelled, and the coroutine is not resumed.
    const Task waiting = for_ever(app);
    app.ping().get();
    waiting.handle.destroy();
    app.ping().get();
    app.destroy();
    task.handle.destroy();
}

// The functions that an executor was passed, for the thread that takes them.
struct Queue {
    std::mutex lock;
    std::condition_variable changed;
    std::vector<std::function<void()>> posted;

    std::function<void()> take() {
        std::unique_lock<std::mutex> held(lock);
        changed.wait(held, [this] { return !posted.empty(); });
        std::function<void()> first = std::move(posted.front());
        posted.erase(posted.begin());
        return first;
    }
};

ffihost::Executor posts_to(const std::shared_ptr<Queue> &queue, std::atomic<int> &alive) {
    return [queue, counted = Counted(alive)](std::function<void()> rest) {
        const std::lock_guard<std::mutex> held(queue->lock);
        queue->posted.push_back(std::move(rest));
        queue->changed.notify_one();
    };
}

// Awaits a request on an executor, and says how it ended and where.
Task on(ffihost::Executor executor, ffihost::Awaitable<void> request, std::promise<std::pair<int, std::thread::id>> &told) {
    int status = FFI_RET_OK;
    try {
        co_await std::move(request).resume_on(std::move(executor));
    } catch (const ffihost::Error &error) {
        status = error.status();
    }
    told.set_value({status, std::this_thread::get_id()});
}

void executors() {
    my_app::Context app = open();
    const auto here = std::this_thread::get_id();
    const auto queue = std::make_shared<Queue>();
    std::atomic<int> alive{0};
    using Told = std::promise<std::pair<int, std::thread::id>>;
    const auto answered = std::make_pair(int{FFI_RET_OK}, here);

    // Resumed where the queue is taken from, once.
    Told first;
    auto first_told = first.get_future();
    Task task = on(posts_to(queue, alive), app.ping_async(), first);
    auto rest = queue->take();
    CHECK(first_told.wait_for(0s) == std::future_status::timeout);
    rest();
    CHECK(first_told.get() == answered);
    rest();
    task.handle.destroy();

    // Also if it has ended before, or was refused; with an executor that runs it at once.
    Told second;
    auto ended = app.ping_async();
    app.ping().get();
    task = on(posts_to(queue, alive), std::move(ended), second);
    queue->take()();
    CHECK(second.get_future().get() == answered);
    task.handle.destroy();
    Told third;
    int passed = 0;
    const ffihost::Executor at_once = [&passed](const std::function<void()> &resume) {
        ++passed;
        resume();
    };
    task = on(at_once, my_app::Context(nullptr).ping_async(), third);
    CHECK((third.get_future().get() == std::make_pair(int{FFI_RET_INVALID_CTX}, here) && passed == 1));
    task.handle.destroy();

    // An executor that drops it, or throws: where that happens. What has gone on is left alone.
    Told fourth;
    task = on(posts_to(queue, alive), app.ping_async(), fourth);
    queue->take();
    CHECK((fourth.get_future().get() == std::make_pair(int{FFI_RET_CANCELLED}, here)));
    task.handle.destroy();
    static std::atomic<int> reported{0};
    const auto before = ffihost::on_uncaught([](std::exception_ptr, const char *) noexcept { ++reported; });
    for (const bool runs : {false, true}) {
        Told fifth;
        auto pending = app.ping_async();
        app.ping().get();
        const ffihost::Executor throws = [runs](const std::function<void()> &resume) {
            if (runs) {
                resume();
            }
            throw std::runtime_error("in an executor");
        };
        task = on(throws, std::move(pending), fifth);
        CHECK((fifth.get_future().get() == std::make_pair(int{runs ? FFI_RET_OK : FFI_RET_CANCELLED}, here)));
        task.handle.destroy();
    }
    CHECK(reported == 2);
    ffihost::on_uncaught(before);

    // A coroutine that is destroyed while the queue has it is not resumed, nor when its request waits.
    Told sixth;
    task = on(posts_to(queue, alive), app.ping_async(), sixth);
    rest = queue->take();
    task.handle.destroy();
    rest();
    task = on(posts_to(queue, alive), app.never_async(), sixth);
    task.handle.destroy();
    app.ping().get();
    CHECK(queue->posted.empty() && sixth.get_future().wait_for(0s) == std::future_status::timeout);
    app.destroy();
    rest = nullptr;
    CHECK(alive == 0 && queue.use_count() == 1);
}

#else

void coroutines() {}
void executors() {}

#endif

// What has a type of its own here crosses as its representation, and comes back.
void meanings() {
    namespace detail = ffihost::detail;
    detail::Arena arena;
    my_app::Logical value;
    CHECK(value.patience == 0s && value.letter == U'\0' && !value.at);
    value.patience = 2s;
    value.at = ffihost::Time(-1ns);
    value.letter = U'\u00fc';
    value.waits = {std::chrono::nanoseconds(-1), std::chrono::nanoseconds::max()};
    auto c = detail::lend<MyAppLogical>(value, arena);
    CHECK(c.patience == 2'000'000'000 && c.at.present && c.at.value == -1 && c.letter == 0xfc);
    CHECK(c.waits.len == 2 && c.waits.data[0] == 0 && c.waits.data[1] == INT64_MAX);
    c.at.value = INT64_MIN;
    c.patience = UINT64_MAX;
    const auto back = detail::take<my_app::Logical>(c, nullptr);
    CHECK(back.patience == std::chrono::nanoseconds::max());
    CHECK(back.at == ffihost::Time(std::chrono::nanoseconds::min()) && back.letter == value.letter);
    CHECK(back.waits.front() == 0s && back.waits.back() == value.waits.back());
    const std::chrono::milliseconds elapsed{5};
    value.patience = elapsed;
    value.at = std::chrono::system_clock::now();
    CHECK(detail::lend<MyAppLogical>(value, arena).patience == 5'000'000);
}

} // namespace

int main() {
    enums_with_data();
    constructors();
    mismatch();
    synchronous();
    values();
    host_functions();
    implemented();
    released();
    callbacks();
    events();
    handles();
    members();
    ends();
    many_threads();
    in_cbor();
    warnings();
    answers_not_wanted();
    coroutines();
    meanings();
    executors();
    return 0;
}
