// Collects what the checks of a mesh find.
#pragma once

#include "base/diagnostic.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace meshdrill::mesh {

// Places in one file. What many clusters take from one place is said once.
class Places {
 public:
  // False when it was there already.
  bool insert(const Location& where) { return seen_.emplace(where.line, where.column).second; }

 private:
  std::set<std::pair<int, int>> seen_;
};

class Findings {
 public:
  void error(const Location& where, std::string what, std::string cure = {}) {
    found_.push_back({Severity::error, where, std::move(what), std::move(cure)});
  }

  void warning(const Location& where, std::string what, std::string cure = {}) {
    found_.push_back({Severity::warning, where, std::move(what), std::move(cure)});
  }

  void note(const Location& where, std::string what, std::string cure = {}) {
    found_.push_back({Severity::note, where, std::move(what), std::move(cure)});
  }

  void add(const Diagnostics& more) { found_.insert(found_.end(), more.begin(), more.end()); }

  // Reports what a function of names.hpp says about the value of `key`.
  void name(const Location& where, std::string_view key, const std::optional<std::string>& wrong) {
    if (wrong) error(where, fmt::format("{}: {}", key, *wrong));
  }

  // Reports `value` when `seen` has it already, and where it stood first.
  template <class T>
  void repeated(std::map<T, Location>& seen, const T& value, const Location& where, const std::string& what,
                std::string cure = {}) {
    const auto [first, fresh] = seen.emplace(value, where);
    if (fresh) return;
    error(where, fmt::format("{}; it stands at {} already", what, to_string(first->second)), std::move(cure));
  }

  [[nodiscard]] bool has_errors() const { return meshdrill::has_errors(found_); }

  Diagnostics take() { return std::move(found_); }

 private:
  Diagnostics found_;
};

}  // namespace meshdrill::mesh
