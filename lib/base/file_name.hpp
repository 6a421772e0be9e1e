// The name of a file, shared by all places in it: a long file has a place for each of its keys and values,
// and a copy of its name in each would be most of what they take.
#pragma once

#include <memory>
#include <string>

namespace meshdrill {

class FileName {
 public:
  FileName() = default;
  // Where a place is written out, its file is a string: not explicit.
  FileName(std::string name) : name_(std::make_shared<const std::string>(std::move(name))) {}  // NOLINT
  FileName(const char* name) : FileName(std::string{name}) {}                                  // NOLINT

  [[nodiscard]] const std::string& str() const {
    static const std::string none;
    return name_ ? *name_ : none;
  }
  [[nodiscard]] bool empty() const { return str().empty(); }

  bool operator==(const FileName& other) const { return name_ == other.name_ || str() == other.str(); }

 private:
  std::shared_ptr<const std::string> name_;  // empty: no name
};

}  // namespace meshdrill
