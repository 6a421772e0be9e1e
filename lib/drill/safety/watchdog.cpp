#include "drill/safety/watchdog.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

using namespace std::chrono_literals;

constexpr auto longest_start = 20s;
constexpr auto longest_goodbye = 500ms;

// What is said on the socket.
constexpr char watching = 'w';
constexpr char alive = '.';
constexpr char goodbye = 'x';

tl::unexpected<Error> system_failure(std::string_view doing, int error) {
  return fail(fmt::format("cannot {}: {}", doing, std::generic_category().message(error)));
}

sigset_t endings() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) sigaddset(&signals, signal);
  return signals;
}

bool say(int socket, char what) {
  return ::send(socket, &what, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 || errno == EAGAIN;
}

// What comes next within `patience`; 0 at the end of the socket, nothing when nothing came.
std::optional<char> hear(int socket, Duration patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd wait{socket, POLLIN, 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return std::nullopt;
    char what = 0;
    const ssize_t size = ::read(socket, &what, 1);
    if (size < 0 && errno == EINTR) continue;
    return size == 1 ? what : '\0';
  }
}

// Runs our own binary with `input` as its standard input and no other file of ours but standard error. Its
// own session and its deafness begin with its first instruction.
Result<pid_t> spawn_ourselves(std::vector<std::string> arguments, int input) {
  arguments.insert(arguments.begin(), "meshdrill");
  std::vector<char*> words;
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  const sigset_t blocked = endings();
  posix_spawnattr_setsigmask(&attributes, &blocked);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
  pid_t process = -1;
  const int error = ::posix_spawn(&process, "/proc/self/exe", &files, &attributes, words.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) return system_failure("start the watchdog", error);
  return process;
}

}  // namespace

Result<Watchdog> Watchdog::start(std::vector<std::string> arguments) {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return system_failure("start the watchdog", errno);
  const auto process = spawn_ourselves(std::move(arguments), ends[1]);
  ::close(ends[1]);
  if (!process) {
    ::close(ends[0]);
    return tl::unexpected(process.error());
  }
  Watchdog watchdog{*process, ends[0]};
  if (hear(watchdog.socket_, longest_start) == watching) return watchdog;
  ::kill(watchdog.process_, SIGKILL);
  watchdog.all_clear();
  return fail("the watchdog did not begin to watch");
}

Watchdog::Watchdog(Watchdog&& other) noexcept
    : process_(std::exchange(other.process_, -1)), socket_(std::exchange(other.socket_, -1)) {}

Watchdog::~Watchdog() {
  if (socket_ >= 0) ::close(socket_);
}

bool Watchdog::beat() const {
  return socket_ >= 0 && say(socket_, alive);
}

void Watchdog::all_clear() {
  if (socket_ < 0) return;
  say(socket_, goodbye);
  ::close(std::exchange(socket_, -1));
  const auto end = std::chrono::steady_clock::now() + longest_goodbye;
  while (::waitpid(process_, nullptr, WNOHANG) == 0 && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(2ms);
}

void begin_to_watch() {
  // The drill has started us so already; whoever tries it by hand gets the same.
  static_cast<void>(::setsid());
  const sigset_t signals = endings();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  say(STDIN_FILENO, watching);
}

DrillEnd wait_for_drill(Duration patience) {
  for (;;) {
    const auto heard = hear(STDIN_FILENO, patience);
    if (!heard) return DrillEnd::silent;
    if (*heard == goodbye) return DrillEnd::all_clear;
    if (*heard != alive) return DrillEnd::died;
  }
}

}  // namespace meshdrill::drill
