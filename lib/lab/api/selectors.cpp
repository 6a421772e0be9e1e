#include "lab/api/selectors.hpp"

#include "lab/api/api_status.hpp"
#include "lab/api/json_access.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace meshdrill::lab {

namespace {

// One requirement: the value under `key` must be one of `values` (or, negated, must not).
struct Requirement {
  std::string key;
  std::set<std::string, std::less<>> values;
  bool any_value = false;  // only presence counts
  bool negated = false;
};

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Splits at commas that stand outside parentheses.
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || (text[i] == ',' && depth == 0)) {
      parts.push_back(trim(text.substr(begin, i - begin)));
      begin = i + 1;
    } else if (text[i] == '(') {
      ++depth;
    } else if (text[i] == ')') {
      --depth;
    }
  }
  return parts;
}

std::optional<Requirement> parse_set(std::string_view part) {
  if (part.empty() || part.back() != ')') return std::nullopt;
  const std::size_t open = part.find('(');
  if (open == std::string_view::npos) return std::nullopt;
  std::string_view head = trim(part.substr(0, open));
  Requirement requirement;
  if (head.ends_with(" notin")) {
    requirement.negated = true;
    head.remove_suffix(6);
  } else if (head.ends_with(" in")) {
    head.remove_suffix(3);
  } else {
    return std::nullopt;
  }
  requirement.key = trim(head);
  for (const std::string_view value : split(part.substr(open + 1, part.size() - open - 2))) {
    requirement.values.emplace(value);
  }
  return requirement;
}

std::optional<Requirement> parse_comparison(std::string_view part) {
  const std::size_t equals = part.find('=');
  if (equals == std::string_view::npos || equals == 0) return std::nullopt;
  Requirement requirement;
  requirement.negated = part[equals - 1] == '!';
  requirement.key = trim(part.substr(0, requirement.negated ? equals - 1 : equals));
  std::string_view value = part.substr(equals + 1);
  if (value.starts_with('=')) value.remove_prefix(1);
  requirement.values.emplace(trim(value));
  return requirement;
}

std::optional<Requirement> parse_presence(std::string_view part) {
  Requirement requirement;
  requirement.any_value = true;
  requirement.negated = part.starts_with('!');
  if (requirement.negated) part = trim(part.substr(1));
  if (part.empty() || part.find_first_of(" ()!") != std::string_view::npos) return std::nullopt;
  requirement.key = part;
  return requirement;
}

// `value` is nullptr when the object has no such key.
bool meets(const Requirement& requirement, const std::string_view* value) {
  const bool among = value != nullptr && (requirement.any_value || requirement.values.contains(*value));
  return among != requirement.negated;
}

std::optional<std::string_view> label_of(const Object& object, std::string_view key) {
  const boost::json::object* const labels = find_object(object, {"metadata", "labels"});
  const boost::json::value* const found = labels == nullptr ? nullptr : labels->if_contains(key);
  if (found == nullptr || !found->is_string()) return std::nullopt;
  return view(found->get_string());
}

bool served_field(std::string_view field) {
  constexpr std::string_view served[] = {"metadata.name",
                                         "metadata.namespace",
                                         "spec.nodeName",
                                         "status.phase",
                                         "type",
                                         "reason",
                                         "involvedObject.kind",
                                         "involvedObject.name",
                                         "involvedObject.namespace",
                                         "involvedObject.uid",
                                         "involvedObject.apiVersion"};
  return std::ranges::find(served, field) != std::end(served);
}

// A field that is absent reads as the empty string.
std::string_view field_of(const Object& object, std::string_view field) {
  const std::size_t dot = field.find('.');
  if (dot == std::string_view::npos) return text_at(object, {field});
  return text_at(object, {field.substr(0, dot), field.substr(dot + 1)});
}

}  // namespace

StoreResult<Selector> parse_label_selector(std::string_view text) {
  std::vector<Requirement> requirements;
  if (!trim(text).empty()) {
    for (const std::string_view part : split(text)) {
      auto requirement = parse_set(part);
      if (!requirement) requirement = parse_comparison(part);
      if (!requirement) requirement = parse_presence(part);
      if (!requirement) {
        return tl::unexpected(bad_request(
            fmt::format(R"(unable to parse requirement: found '{}', expected: identifier)", part)));
      }
      requirements.push_back(std::move(*requirement));
    }
  }
  return [requirements = std::move(requirements)](const Object& object) {
    return std::ranges::all_of(requirements, [&](const Requirement& requirement) {
      const auto value = label_of(object, requirement.key);
      return meets(requirement, value ? &*value : nullptr);
    });
  };
}

StoreResult<Selector> parse_field_selector(std::string_view text) {
  std::vector<Requirement> requirements;
  if (!trim(text).empty()) {
    for (const std::string_view part : split(text)) {
      auto requirement = parse_comparison(part);
      if (!requirement) {
        return tl::unexpected(
            bad_request(fmt::format(R"(invalid selector: '{}'; can't understand '{}')", text, part)));
      }
      if (!served_field(requirement->key)) {
        return tl::unexpected(bad_request(fmt::format(R"(field label not supported: {})", requirement->key)));
      }
      requirements.push_back(std::move(*requirement));
    }
  }
  return [requirements = std::move(requirements)](const Object& object) {
    return std::ranges::all_of(requirements, [&](const Requirement& requirement) {
      const std::string_view value = field_of(object, requirement.key);
      return meets(requirement, &value);
    });
  };
}

}  // namespace meshdrill::lab
