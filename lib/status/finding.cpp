#include "status/finding.hpp"

#include <algorithm>
#include <stdexcept>
#include <tuple>

namespace meshdrill::status {

std::string_view to_string(Level level) {
  switch (level) {
    case Level::error:
      return "error";
    case Level::unknown:
      return "unknown";
    case Level::warning:
      return "warning";
    case Level::note:
      return "note";
  }
  return "?";
}

const Rule* find_rule(std::string_view id) {
  const auto all = rules();
  const auto found = std::ranges::find(all, id, &Rule::id);
  return found == all.end() ? nullptr : &*found;
}

void Found::add(std::string_view rule, Level level, std::string cluster, std::string what, std::string cure) {
  const Rule* known = find_rule(rule);
  if (known == nullptr) throw std::logic_error("no rule " + std::string(rule));
  found_.push_back({std::string(rule), level, std::move(cluster), std::move(what), std::string(known->why),
                    std::move(cure)});
}

void Found::add(std::string_view rule, std::string cluster, std::string what, std::string cure) {
  const Rule* known = find_rule(rule);
  const Level level = known == nullptr ? Level::error : known->level;
  add(rule, level, std::move(cluster), std::move(what), std::move(cure));
}

bool Found::has(std::string_view rule, std::string_view cluster) const {
  return std::ranges::any_of(found_,
                             [&](const Finding& one) { return one.rule == rule && one.cluster == cluster; });
}

bool Found::misnamed(std::string_view cluster) const {
  return has("name-default", cluster) || has("name-form", cluster) || has("duplicate-name", cluster);
}

std::vector<Finding> Found::take() {
  std::ranges::stable_sort(found_, [](const Finding& a, const Finding& b) {
    return std::tie(a.level, a.cluster) < std::tie(b.level, b.cluster);
  });
  return std::move(found_);
}

}  // namespace meshdrill::status
