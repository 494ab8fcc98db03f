/* A command line for the vault core, in C++17: it keeps the blobs as files, and asks for passphrases on the terminal.
 *
 * Compile and run, in the project's folder:
 *
 *     cargo build -p vault
 *     c++ -std=c++17 -Wall -pthread -I include -I examples/vault/generated examples/vault/host.cpp \
 *         -L target/debug -lvault -Wl,-rpath,"$PWD/target/debug" -o vault
 *     ./vault ~/.secrets put mail 'correct horse'
 *     ./vault ~/.secrets get mail
 *
 * What to look at: `answer`, where the library's host functions are lambdas, one of which answers from another thread;
 * `Files`, which throws what it likes, because no exception leaves a callback; and `remove`, which has requests under
 * way at the same time, with callbacks in place of futures. The headers were generated from the compiled library:
 *
 *     ffihost generate target/debug/libvault.so --lang c,cpp --out examples/vault/generated
 */
#include "vault.hpp"

#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <iterator>
#include <mutex>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <termios.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

constexpr const char *kUsage =
    "Usage: vault [OPTIONS] DIR COMMAND\n"
    "\n"
    "Commands:\n"
    "  put NAME [VALUE]   keep a secret; without VALUE it is read from standard input\n"
    "  get NAME           print a secret\n"
    "  list               print the names of all secrets, how long they are, and how often they were read\n"
    "  rm NAME...         forget secrets\n"
    "  shell              read such commands from standard input, and lock the vault when it is not used\n"
    "\n"
    "Options:\n"
    "  --idle MS          in a shell, lock after so many milliseconds [default: 60000]\n"
    "  --memory KIB       of a new vault: the memory that trying a passphrase takes [default: 19456]\n"
    "\n"
    "Exit status: 0 if all went well, 1 if something did not, 2 if the command line makes no sense.\n";

/* The command line makes no sense. */
struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/* An error of the vault, as its user wants to read it. */
std::string to_string(const vault::Error &error) {
    using E = vault::Error;
    return error.match(
        [](const E::WrongPassphrase &e) {
            return "the passphrase was wrong " + std::to_string(e.attempts) + " times; nothing was changed";
        },
        [](const E::NoPassphrase &e) { return "there is no passphrase: " + e.value; },
        [](const E::Locked &) { return std::string("the vault is locked"); },
        [](const E::NoSuchSecret &e) {
            return "there is no secret '" + e.name + "'; 'list' prints those that there are";
        },
        [](const E::TooLarge &e) {
            return std::to_string(e.size) + " bytes are too many: a secret has at most " +
                   std::to_string(vault::kMaxSecret);
        },
        [](const E::Invalid &e) { return e.value; },
        [](const E::Damaged &e) {
            return "the file '" + e.blob + "' is damaged: " + e.reason + "; restore it from a backup";
        },
        [](const E::Storage &e) { return "the file '" + e.blob + "' cannot be " + e.action + ": " + e.reason; },
        [](const E::NoRandomness &e) { return "the system gives no randomness: " + e.value; });
}

std::string to_string(vault::Change change) {
    switch (change) {
        case vault::Change::Added: return "added";
        case vault::Change::Replaced: return "replaced";
        case vault::Change::Removed: return "removed";
    }
    return "changed";
}

std::string to_string(const vault::LockReason &reason) {
    using R = vault::LockReason;
    return reason.match(
        [](const R::Asked &) { return std::string("as asked"); },
        [](const R::Idle &r) { return "not used for " + std::to_string(r.after_ms) + " ms"; },
        [](const R::Reopened &) { return std::string("to be unlocked anew"); },
        [](const R::Closed &) { return std::string("the program ends"); });
}

/* --------------------------------------------------------------------------------------------------------- the disk */

/* Blobs as files of a directory. What it throws becomes the library's error: a StorageError as such, anything else by
 * its text. */
class Files {
public:
    explicit Files(fs::path directory) : directory_(std::move(directory)) {
        if (fs::create_directories(directory_)) {
            fs::permissions(directory_, fs::perms::owner_all);
        }
    }

    std::optional<Bytes> load(const std::string &name) const {
        const fs::path path = directory_ / name;
        if (!fs::exists(path)) {
            return std::nullopt;
        }
        errno = 0;
        std::ifstream file(path, std::ios::binary);
        if (!file) {
            fail();
        }
        return Bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }

    /* All or nothing: into a file beside it, which then takes its place. */
    void store(const std::string &name, const Bytes &bytes) const {
        const fs::path path = directory_ / name, beside = directory_ / (name + ".new");
        errno = 0;
        std::ofstream file(beside, std::ios::binary | std::ios::trunc);
        std::copy(bytes.begin(), bytes.end(), std::ostreambuf_iterator<char>(file));
        file.close();
        if (!file) {
            fail();
        }
        fs::rename(beside, path);
    }

    void remove(const std::string &name) const { fs::remove(directory_ / name); }

private:
    [[noreturn]] static void fail() {
        switch (const int error = errno) {
            case ENOSPC: throw ffihost::ErrorOf<vault::StorageError>(vault::StorageError::Full);
            case EACCES: throw ffihost::ErrorOf<vault::StorageError>(vault::StorageError::Denied);
            default: throw std::system_error(error, std::generic_category());
        }
    }

    fs::path directory_;
};

/* --------------------------------------------------------------------------------------------------------- the user */

/* A line of standard input, or nothing at its end. On a terminal it is not shown. */
std::optional<std::string> read_secret(const std::string &prompt) {
    std::cerr << prompt << ": " << std::flush;
    termios shown{};
    const bool terminal = tcgetattr(STDIN_FILENO, &shown) == 0;
    if (terminal) {
        termios hidden = shown;
        hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    std::string line;
    const bool read = static_cast<bool>(std::getline(std::cin, line));
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    }
    std::cerr << '\n';
    return read ? std::optional<std::string>(std::move(line)) : std::nullopt;
}

std::string to_string(const vault::Prompt &prompt) {
    using P = vault::Purpose;
    return prompt.purpose.match(
        [&](const P::Create &) { return "new passphrase for " + prompt.label; },
        [&](const P::Unlock &unlock) {
            const bool again = unlock.attempts_left < vault::kMaxAttempts;
            return (again ? "wrong; passphrase for " : "passphrase for ") + prompt.label;
        });
}

/* ------------------------------------------------------------------------------------- the library's host functions */

/* Answers what the library asks. These run on its FFI thread, and return quickly: a user does not, so the passphrase
 * comes from another thread, which is the one that `asking` waits for in the end. */
void answer(const vault::Context &context, const Files &files, std::future<void> &asking) {
    context.on_load_blob([&files](const std::string &name) { return files.load(name); });
    context.on_store_blob([&files](const std::string &name, const Bytes &bytes) { files.store(name, bytes); });
    context.on_delete_blob([&files](const std::string &name) { files.remove(name); });
    context.on_random_bytes([](std::uint32_t len) {
        Bytes bytes(len);
        if (getentropy(bytes.data(), bytes.size()) != 0) {
            throw std::system_error(errno, std::generic_category());
        }
        return bytes;
    });
    context.on_ask_passphrase([&asking](ffihost::Responder<std::string, vault::Declined> call, vault::Prompt prompt) {
        asking = std::async(std::launch::async, [call = std::move(call), prompt = std::move(prompt)]() mutable {
            if (const std::optional<std::string> passphrase = read_secret(to_string(prompt))) {
                call.complete(*passphrase);
            } else {
                call.reject({"nobody typed one"});
            }
        });
    });
}

/* ----------------------------------------------------------------------------------------------------- the commands */

using Words = std::vector<std::string>;

void put(const vault::Session &session, const std::string &name, const std::optional<std::string> &value) {
    const std::optional<std::string> secret = value ? value : read_secret("secret");
    if (!secret) {
        throw UsageError("there is no value for '" + name + "': standard input has ended");
    }
    session.put(name, Bytes(secret->begin(), secret->end())).get();
}

void get(const vault::Session &session, const std::string &name) {
    const Bytes secret = session.get(name).get();
    std::cout << std::string(secret.begin(), secret.end()) << '\n';
}

void list(const vault::Session &session) {
    for (const vault::Summary &secret : session.list().get()) {
        std::cout << secret.name << ": " << secret.size << " bytes, reads: " << secret.reads << '\n';
    }
}

/* What became of requests that are under way at the same time. */
class Outcomes {
public:
    void begin() {
        const std::lock_guard<std::mutex> lock(mutex_);
        ++under_way_;
    }

    /* On whatever thread a request ends, with what went wrong. */
    void end(const std::string &failure) {
        const std::lock_guard<std::mutex> lock(mutex_);
        failures_ += (failures_.empty() || failure.empty() ? "" : "\n") + failure;
        --under_way_;
        changed_.notify_one();
    }

    /* Waits for all of them. Throws if something went wrong. */
    void wait() {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [this] { return under_way_ == 0; });
        if (!failures_.empty()) {
            throw std::runtime_error(failures_);
        }
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t under_way_ = 0;
    std::string failures_;
};

/* Has all removals under way at once. */
void remove(const vault::Session &session, const Words &names) {
    Outcomes outcomes;
    for (const std::string &name : names) {
        outcomes.begin();
        try {
            session.remove(name, [&outcomes](const ffihost::Result<void, vault::Error> &result) {
                const vault::Error *declared = result.declared();
                outcomes.end(result.ok() ? "" : declared ? to_string(*declared) : result.error()->what());
            });
        } catch (const ffihost::Error &refused) {
            outcomes.end(refused.what());
        }
    }
    outcomes.wait();
}

/* Does what a command says. It is checked before the user is asked for a passphrase. */
void check(const Words &words) {
    const std::string command = words.empty() ? "" : words[0];
    const std::size_t arguments = words.empty() ? 0 : words.size() - 1;
    const bool known = command == "put" || command == "get" || command == "list" || command == "rm";
    if (!known) {
        throw UsageError(words.empty() ? "there is no command" : "there is no command '" + command + "'");
    }
    const bool fits = command == "put"   ? arguments == 1 || arguments == 2
                      : command == "get" ? arguments == 1
                      : command == "rm"  ? arguments >= 1
                                         : arguments == 0;
    if (!fits) {
        throw UsageError("'" + command + "' does not take " + std::to_string(arguments) + " arguments");
    }
}

void run(const vault::Session &session, const Words &words) {
    if (words[0] == "put") {
        put(session, words[1], words.size() > 2 ? std::optional<std::string>(words[2]) : std::nullopt);
    } else if (words[0] == "get") {
        get(session, words[1]);
    } else if (words[0] == "list") {
        list(session);
    } else {
        remove(session, Words(words.begin() + 1, words.end()));
    }
}

/* Runs something, and says what went wrong. */
template <class F> int report(F &&run) {
    try {
        run();
        return 0;
    } catch (const UsageError &error) {
        std::cerr << "vault: " << error.what() << "\nvault: '--help' says what makes sense\n";
        return 2;
    } catch (const ffihost::ErrorOf<vault::Error> &error) {
        std::cerr << "vault: " << to_string(error.error()) << '\n';
    } catch (const std::exception &error) { // ffihost::AbiMismatch among them
        std::cerr << "vault: " << error.what() << '\n';
    }
    return 1;
}

/* Commands until the end of input. The vault may lock itself in between; then the passphrase is asked for again. */
int shell(const vault::Context &context) {
    int status = 0;
    vault::Session session = context.unlock().get();
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream text(line);
        const Words words{std::istream_iterator<std::string>(text), std::istream_iterator<std::string>()};
        const int ended = report([&] {
            check(words);
            if (session.is_locked()) {
                session = context.unlock().get();
            }
            run(session, words);
        });
        std::cout << std::flush;
        status = ended == 0 ? status : 1;
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------- the command line */

struct Arguments {
    std::string directory;
    Words words;
    std::uint64_t idle_ms = 60000;
    std::uint32_t memory_kib = vault::kDefaultMemoryKib;
};

std::uint32_t number(const std::string &option, const std::string &text) {
    std::istringstream stream(text);
    std::uint32_t number = 0;
    if (text.empty() || text[0] == '-' || !(stream >> number) || !stream.eof()) {
        throw UsageError(option + " wants a number, not '" + text + "'");
    }
    return number;
}

Arguments parse(const Words &words) {
    Arguments arguments;
    std::size_t at = 0;
    for (; at < words.size() && words[at].rfind("--", 0) == 0; at += 2) {
        const std::string value = at + 1 < words.size() ? words[at + 1] : "";
        if (words[at] == "--idle") {
            arguments.idle_ms = number("--idle", value);
        } else if (words[at] == "--memory") {
            arguments.memory_kib = number("--memory", value);
        } else {
            throw UsageError("there is no option '" + words[at] + "'");
        }
    }
    if (at >= words.size()) {
        throw UsageError("there is no directory to keep the vault in");
    }
    arguments.directory = words[at];
    arguments.words.assign(words.begin() + static_cast<std::ptrdiff_t>(at) + 1, words.end());
    if (arguments.words != Words{"shell"}) {
        check(arguments.words);
    }
    return arguments;
}

int open_and_run(const Arguments &arguments) {
    const bool is_shell = arguments.words[0] == "shell";
    // What the library uses is made before the context, and outlives it.
    const Files files(arguments.directory);
    std::future<void> asking;

    vault::Settings settings;
    settings.label = arguments.directory;
    settings.cost = vault::Cost{arguments.memory_kib, vault::kDefaultPasses};
    if (is_shell) {
        settings.lock_after_ms = arguments.idle_ms;
    }
    vault::Context context = vault::Context::open(settings);
    answer(context, files, asking);
    const ffihost::Subscription changed = context.on_changed([is_shell](const std::string &name, vault::Change change) {
        if (is_shell) {
            std::cerr << "vault: '" + name + "' is " + to_string(change) + "\n";
        }
    });
    const ffihost::Subscription locked =
        context.on_locked([is_shell](const vault::LockReason &reason, const std::optional<std::string> &lost) {
            if (is_shell) {
                std::cerr << "vault: locked: " + to_string(reason) + "\n";
            }
            if (lost) {
                std::cerr << "vault: how often secrets were read is lost: " + *lost + "\n";
            }
        });

    int status = 0;
    const int failed = report([&] {
        if (is_shell) {
            status = shell(context);
        } else {
            run(context.unlock().get(), arguments.words);
        }
    });
    // Here rather than in its destructor, so that the listeners hear what is still to be told, and why it was locked.
    context.destroy();
    return failed != 0 ? failed : status;
}

} // namespace

int main(int argc, char **argv) {
    const Words words(argv + 1, argv + argc);
    if (words == Words{"--help"}) {
        std::cout << kUsage;
        return 0;
    }
    int status = 0;
    const int failed = report([&] { status = open_and_run(parse(words)); });
    return failed != 0 ? failed : status;
}
