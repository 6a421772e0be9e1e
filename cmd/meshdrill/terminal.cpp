#include "terminal.hpp"

#include <cstdlib>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace meshdrill::cli {
namespace {

// Read before any thread is started.
std::string_view environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? std::string_view{} : value;
}

}  // namespace

bool is_terminal(std::FILE* stream) {
  return ::isatty(::fileno(stream)) != 0 && environment("TERM") != "dumb";
}

bool wants_colour(std::FILE* stream) {
  return is_terminal(stream) && environment("NO_COLOR").empty();
}

bool same_place(std::FILE* one, std::FILE* other) {
  struct stat first{};
  struct stat second{};
  if (::fstat(::fileno(one), &first) != 0 || ::fstat(::fileno(other), &second) != 0) return false;
  return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

TerminalSize terminal_size(std::FILE* stream) {
  ::winsize size{};
  if (::ioctl(::fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

}  // namespace meshdrill::cli
