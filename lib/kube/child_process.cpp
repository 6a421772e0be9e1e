#include "kube/child_process.hpp"

#include "kube/pause.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <spawn.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

namespace meshdrill::kube {

namespace {

constexpr Duration between_looks = std::chrono::milliseconds{5};

using Descriptor = asio::posix::basic_stream_descriptor<Executor>;

// A program that has been started: killed and waited for when it goes out of sight.
class Child {
 public:
  Child(pid_t pid, bool own_group) : pid_(pid), own_group_(own_group) {}
  ~Child() {
    if (pid_ <= 0) return;
    kill();
    ::waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void kill() const { ::kill(own_group_ ? -pid_ : pid_, SIGKILL); }

  // Whether it has ended; `exit_code` says how.
  bool ended(int& exit_code) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == 0) return false;
    pid_ = 0;
    exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
  }

 private:
  pid_t pid_;
  bool own_group_;
};

// Its output on its way to us, and the clock on it. Shared with the timer's handler, which may be the last
// to go.
struct Reading {
  Reading(Executor executor, int descriptor) : output(executor, descriptor), clock(executor) {}

  Descriptor output;
  Timer clock;
  bool timed_out = false;
};

void start_clock(const std::shared_ptr<Reading>& reading, Clock::time_point deadline) {
  reading->clock.expires_at(deadline);
  reading->clock.async_wait([reading](error_code stopped) {
    if (stopped) return;
    reading->timed_out = true;
    error_code ignored;
    reading->output.cancel(ignored);
  });
}

// "NAME=value" of `added` and of our own environment, without those of ours that `added` has.
std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& added) {
  std::vector<std::string> all;
  for (const auto& [name, value] : added) all.push_back(fmt::format("{}={}", name, value));
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string own = *entry;
    const std::string name = own.substr(0, own.find('='));
    bool replaced = false;
    for (const auto& pair : added) replaced |= pair.first == name;
    if (!replaced) all.push_back(own);
  }
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

// Starts it with `output` as its standard output. An errno, or 0.
int spawn(const ChildProcess& process, int output, pid_t& pid) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  if (!process.interactive) posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // What we ignore or block is no concern of the program's.
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  unsigned flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (!process.interactive) flags |= POSIX_SPAWN_SETPGROUP;
  posix_spawnattr_setflags(&attributes, static_cast<short>(flags));

  std::vector<std::string> words{process.program};
  words.insert(words.end(), process.arguments.begin(), process.arguments.end());
  std::vector<std::string> environment = environment_with(process.environment);
  const int error = ::posix_spawnp(&pid, process.program.c_str(), &files, &attributes, pointers(words).data(),
                                   pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return error;
}

Task<Result<std::string>> read_all(std::shared_ptr<Reading> reading, std::size_t limit) {
  std::string output;
  std::string piece(4096, '\0');
  while (true) {
    const auto [error, count] = co_await reading->output.async_read_some(asio::buffer(piece), try_await);
    if (error == asio::error::eof) co_return output;
    if (error == asio::error::operation_aborted && !reading->timed_out)
      throw boost::system::system_error(error);
    if (error) co_return fail(reading->timed_out ? "it did not end in time" : error.message());
    output.append(piece, 0, count);
    if (output.size() > limit) co_return fail("it prints too much");
  }
}

}  // namespace

Task<Result<ChildOutput>> run_child(Executor executor, ChildProcess process) {
  const auto deadline = Clock::now() + process.timeout;
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) co_return fail("no pipe: " + std::generic_category().message(errno));
  const auto reading = std::make_shared<Reading>(executor, ends[0]);
  pid_t pid = 0;
  const int not_started = spawn(process, ends[1], pid);
  ::close(ends[1]);
  if (not_started != 0) co_return fail(std::generic_category().message(not_started));
  Child child(pid, !process.interactive);
  start_clock(reading, deadline);
  Result<std::string> output = co_await read_all(reading, process.output_limit);
  reading->clock.cancel();
  if (!output) co_return tl::unexpected(output.error());
  ChildOutput done;
  done.output = std::move(*output);
  // Whoever closes its output is about to end.
  while (!child.ended(done.exit_code)) {
    if (Clock::now() > deadline) co_return fail("it did not end in time");
    const bool waited = co_await pause(executor, between_looks);
    if (!waited) throw boost::system::system_error(asio::error::operation_aborted);
  }
  co_return done;
}

}  // namespace meshdrill::kube
