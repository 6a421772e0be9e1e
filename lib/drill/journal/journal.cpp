#include "drill/journal/journal.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

tl::unexpected<Error> system_error(std::string_view doing, const std::filesystem::path& path) {
  return fail(fmt::format("cannot {} the journal {}: {}", doing, path.string(),
                          std::generic_category().message(errno)));
}

Result<Entry> parse_entry(const std::string& line) {
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(line, error);
  if (error || !value.is_object()) return fail("not a JSON object");
  boost::json::object& object = value.as_object();
  const auto* at = object.if_contains("at");
  const auto* event = object.if_contains("event");
  if (at == nullptr || !at->is_int64() || event == nullptr || !event->is_string())
    return fail("no \"at\" and \"event\"");
  Entry entry{probe::Offset{at->get_int64()}, std::string{event->get_string()}, {}};
  object.erase("at");
  object.erase("event");
  entry.fields = std::move(object);
  return entry;
}

}  // namespace

Result<Journal> Journal::create(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return system_error("create", path);
  // Its name in the folder must survive the machine's death as well.
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory >= 0) {
    ::fsync(directory);  // not every file system can; the journal is there all the same
    ::close(directory);
  }
  return Journal{path, file};
}

Result<Journal> Journal::reopen(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
  if (file < 0) return system_error("open", path);
  Journal journal{path, file};
  char last = 0;
  const off_t size = ::lseek(file, 0, SEEK_END);
  if (size > 0 && (::pread(file, &last, 1, size - 1) != 1 || last != '\n'))
    return fail(fmt::format("the journal {} ends in the middle of a line", path.string()));
  return journal;
}

Journal::Journal(Journal&& other) noexcept
    : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)) {}

Journal::~Journal() {
  if (file_ >= 0) ::close(file_);
}

Result<> Journal::append(const Entry& entry, Durability durability) {
  boost::json::object line{{"at", entry.at.count()}, {"event", entry.event}};
  for (const auto& [key, value] : entry.fields) line[key] = value;
  const std::string text = boost::json::serialize(line) + "\n";
  ssize_t written = -1;
  do {
    written = ::write(file_, text.data(), text.size());
  } while (written < 0 && errno == EINTR);
  if (written < 0) return system_error("write", path_);
  if (static_cast<std::size_t>(written) != text.size()) {
    return fail(fmt::format("cannot write the journal {}: the disk is full", path_.string()));
  }
  if (durability == Durability::synced && ::fdatasync(file_) != 0) return system_error("sync", path_);
  return {};
}

Result<> read_journal(const std::filesystem::path& path, const std::function<Result<>(const Entry&)>& take) {
  std::ifstream file{path};
  if (!file) return system_error("read", path);
  std::string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    const bool cut_short = file.eof();  // getline met the end before a newline
    const Result<Entry> entry = parse_entry(line);
    if (!entry && cut_short) return {};
    if (!entry)
      return fail(fmt::format("{}:{}: this is no line of a journal: {}", path.string(), number,
                              entry.error().message));
    if (const Result<> taken = take(*entry); !taken) {
      return fail(fmt::format("{}:{}: {}", path.string(), number, taken.error().message));
    }
  }
  return {};
}

}  // namespace meshdrill::drill
