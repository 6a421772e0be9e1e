#include "report/entry_text.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

namespace meshdrill::report {
namespace {

// What is written. Earlier versions knew Deployments that are scaled alone, and did not put it into words.
std::string written(const drill::Entry& entry) {
  if (entry.fields.contains("message")) return text_of(entry, "message");
  return fmt::format("deployment {}/{} to {}", text_of(entry, "namespace"), text_of(entry, "name"),
                     plural(static_cast<std::size_t>(number_of(entry, "to")), "replica"));
}

}  // namespace

std::string text_of(const drill::Entry& entry, std::string_view key) {
  const auto* value = entry.fields.if_contains(key);
  return value != nullptr && value->is_string() ? printable(std::string{value->as_string()}) : std::string{};
}

std::int64_t number_of(const drill::Entry& entry, std::string_view key) {
  const auto* value = entry.fields.if_contains(key);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

std::string describe_write(const drill::Entry& entry) {
  return fmt::format("{} in {}: {}", text_of(entry, "action"), text_of(entry, "cluster"), written(entry));
}

std::string describe_observation(const drill::Entry& entry) {
  if (entry.fields.contains("readyEndpoints")) {
    return fmt::format(
        "{} has {}", text_of(entry, "cluster"),
        plural(static_cast<std::size_t>(number_of(entry, "readyEndpoints")), "ready endpoint"));
  }
  const bool pods = entry.fields.contains("podsLeft");
  return fmt::format("{} {}/{} of {}: {} {}", text_of(entry, "kind"), text_of(entry, "namespace"),
                     text_of(entry, "name"), text_of(entry, "cluster"),
                     number_of(entry, pods ? "podsLeft" : "readyReplicas"),
                     pods ? "of the deleted Pods left" : "ready");
}

}  // namespace meshdrill::report
