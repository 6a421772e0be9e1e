#include "lab/api/api_faults.hpp"

#include <algorithm>
#include <utility>

namespace meshdrill::lab {

namespace {

bool is_for(const ApiFault& fault, std::string_view resource) {
  if (fault.resource.empty() || fault.resource == resource) return true;
  return fault.resource.starts_with("*/") && resource.ends_with(fault.resource.substr(1));
}

}  // namespace

void ApiFaults::set(ApiFault fault) {
  std::erase_if(faults_, [&](const ApiFault& old) {
    return old.kind == fault.kind && old.method == fault.method && old.resource == fault.resource;
  });
  faults_.push_back(std::move(fault));
}

void ApiFaults::clear(ApiFault::Kind kind) {
  std::erase_if(faults_, [&](const ApiFault& fault) { return fault.kind == kind; });
}

bool ApiFaults::holds(ApiFault::Kind kind) const {
  return std::ranges::any_of(faults_, [kind](const ApiFault& fault) { return fault.kind == kind; });
}

std::optional<ApiFault> ApiFaults::strike(ApiFault::Kind kind, std::string_view method,
                                          std::string_view resource) {
  const auto found = std::ranges::find_if(faults_, [&](const ApiFault& fault) {
    return fault.kind == kind && (fault.method.empty() || fault.method == method) && is_for(fault, resource);
  });
  if (found == faults_.end()) return std::nullopt;
  ApiFault fault = *found;
  if (fault.count == 1) {
    faults_.erase(found);
  } else if (fault.count > 1) {
    --found->count;
  }
  return fault;
}

}  // namespace meshdrill::lab
