#include "base/files.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

namespace meshdrill {
namespace {

std::string reason(int error) {
  return std::generic_category().message(error);
}

// Closes the descriptor when it goes out of scope.
struct Descriptor {
  int value = -1;
  Descriptor() = default;
  explicit Descriptor(int fd) : value(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value >= 0) ::close(value);
  }
};

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.value < 0) return fail(fmt::format("cannot read {}: {}", path.string(), reason(errno)));
  std::string content;
  std::string chunk(std::size_t{1} << 16, '\0');
  for (;;) {
    const ssize_t got = ::read(file.value, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(fmt::format("cannot read {}: {}", path.string(), reason(errno)));
    if (got == 0) return content;
    content.append(chunk, 0, static_cast<std::size_t>(got));
    if (content.size() > limit) return fail(fmt::format("{} is larger than {} bytes", path.string(), limit));
  }
}

Result<> write_file(const std::filesystem::path& path, std::string_view content, unsigned mode) {
  std::string temporary = path.string() + ".XXXXXX";
  const Descriptor file{::mkostemp(temporary.data(), O_CLOEXEC)};
  if (file.value < 0) return fail(fmt::format("cannot write {}: {}", path.string(), reason(errno)));
  if (!write_all(file.value, content) || ::fchmod(file.value, mode) != 0 || ::fsync(file.value) != 0 ||
      ::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    return fail(fmt::format("cannot write {}: {}", path.string(), reason(error)));
  }
  return {};
}

Result<std::filesystem::path> make_temporary_folder(std::string_view prefix) {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
  if (error) return fail(fmt::format("there is no folder for temporary files: {}", error.message()));
  std::string name = (parent / fmt::format("{}-XXXXXX", prefix)).string();
  if (::mkdtemp(name.data()) == nullptr)
    return fail(fmt::format("cannot make the folder {}: {}", name, reason(errno)));
  return std::filesystem::path{name};
}

}  // namespace meshdrill
