// Loaded into meshdrill with LD_PRELOAD, it stops the process (SIGSTOP) exactly at one line of the journal,
// so that a test can look round, set faults, and kill it there. The watchdog, which is the same program, is
// left alone.
//
//   STOP_LINE=TEXT|TEXT…          the line that contains all of these
//   STOP_WHEN=before|after|torn   before it is written, after it, or after its first half
//   FULL_FROM=TEXT|TEXT…          from that line on the disk is full: every write to the journal fails
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <dlfcn.h>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <unistd.h>

namespace {

using Write = ssize_t (*)(int, const void*, size_t);

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

// Whether `line` contains every part of `pattern`, which '|' separates. An empty pattern is in no line.
bool matches(std::string_view line, std::string_view pattern) {
  if (pattern.empty()) return false;
  while (!pattern.empty()) {
    const auto end = pattern.find('|');
    if (line.find(pattern.substr(0, end)) == std::string_view::npos) return false;
    pattern = end == std::string_view::npos ? std::string_view() : pattern.substr(end + 1);
  }
  return true;
}

bool is_watchdog() {
  std::ifstream file("/proc/self/cmdline");
  const std::string words{std::istreambuf_iterator<char>(file), {}};
  using namespace std::string_view_literals;
  return words.find("\0watchdog\0"sv) != std::string::npos;
}

}  // namespace

extern "C" ssize_t write(int file, const void* data, size_t size) {
  static const auto real = reinterpret_cast<Write>(dlsym(RTLD_NEXT, "write"));
  const std::string_view line{static_cast<const char*>(data), size};
  static const bool spared = is_watchdog();
  if (spared || !line.starts_with("{\"at\":")) return real(file, data, size);

  static bool full = false;
  static bool stopped = false;
  full = full || matches(line, variable("FULL_FROM"));
  const bool here = !stopped && matches(line, variable("STOP_LINE"));
  stopped = stopped || here;
  const std::string_view when = here ? variable("STOP_WHEN") : "";
  if (when == "torn") real(file, data, size / 2);
  if (when == "before" || when == "torn") kill(getpid(), SIGSTOP);
  if (full) {
    errno = ENOSPC;
    return -1;
  }
  const ssize_t written = real(file, data, size);
  if (when == "after") kill(getpid(), SIGSTOP);
  return written;
}
