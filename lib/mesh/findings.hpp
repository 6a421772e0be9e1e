// Collects what the checks of a mesh, as a file or as Helm values, find.
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

// Each finding names the rule that is broken: an id of rule_table().
class Findings {
 public:
  void error(std::string_view rule, const Location& where, std::string what, std::string cure = {}) {
    add(Severity::error, rule, where, std::move(what), std::move(cure));
  }
  void warning(std::string_view rule, const Location& where, std::string what, std::string cure = {}) {
    add(Severity::warning, rule, where, std::move(what), std::move(cure));
  }
  void note(std::string_view rule, const Location& where, std::string what, std::string cure = {}) {
    add(Severity::note, rule, where, std::move(what), std::move(cure));
  }

  // Takes over what another check found, under `rule` where it names none.
  void add(Diagnostics more, std::string_view rule = {}) {
    for (Diagnostic& one : more) {
      if (one.rule.empty()) one.rule = rule;
      found_.push_back(std::move(one));
    }
  }

  // Reports what a function of names.hpp says about the value of `key`.
  void name(const Location& where, std::string_view key, const std::optional<std::string>& wrong) {
    if (wrong) error("name-form", where, fmt::format("{}: {}", key, *wrong));
  }

  // Reports `value` when `seen` has it already, and where it stood first.
  template <class T>
  void repeated(std::string_view rule, std::map<T, Location>& seen, const T& value, const Location& where,
                const std::string& what, std::string cure = {}) {
    const auto [first, fresh] = seen.emplace(value, where);
    if (fresh) return;
    error(rule, where, fmt::format("{}; it stands at {} already", what, to_string(first->second)),
          std::move(cure));
  }

  [[nodiscard]] bool has_errors() const { return meshdrill::has_errors(found_); }

  Diagnostics take() { return std::move(found_); }

 private:
  void add(Severity severity, std::string_view rule, const Location& where, std::string what,
           std::string cure) {
    found_.push_back({severity, where, std::move(what), std::move(cure), std::string{rule}});
  }

  Diagnostics found_;
};

}  // namespace meshdrill::mesh
