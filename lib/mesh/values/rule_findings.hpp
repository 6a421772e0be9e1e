// Collects findings that each name the rule which they break.
#pragma once

#include "base/diagnostic.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace meshdrill::mesh::values {

class RuleFindings {
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
  void add(Diagnostics more, std::string_view rule) {
    for (Diagnostic& one : more) {
      if (one.rule.empty()) one.rule = rule;
      found_.push_back(std::move(one));
    }
  }

  Diagnostics take() { return std::move(found_); }

 private:
  void add(Severity severity, std::string_view rule, const Location& where, std::string what,
           std::string cure) {
    found_.push_back({severity, where, std::move(what), std::move(cure), std::string{rule}});
  }

  Diagnostics found_;
};

}  // namespace meshdrill::mesh::values
