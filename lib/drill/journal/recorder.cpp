#include "drill/journal/recorder.hpp"

#include <exception>

namespace meshdrill::drill {

probe::Offset Recorder::now() const {
  return std::chrono::duration_cast<probe::Offset>(std::chrono::steady_clock::now() - epoch_);
}

void Recorder::note(std::string event, boost::json::object fields, Durability durability) {
  const Entry entry{now(), std::move(event), std::move(fields)};
  if (const Result<> appended = journal_.append(entry, durability); !appended && !broken_)
    broken_ = appended.error();
  if (const Result<> added = builder_.add(entry); !added && !broken_) broken_ = added.error();
  // Whoever looks on must not be what ends a drill that has something to restore.
  try {
    if (watch_) watch_(entry, builder_.history());
  } catch (const std::exception&) {
    watch_ = nullptr;
  }
}

}  // namespace meshdrill::drill
