#include "lab/controllers/pod_template.hpp"

#include <cstdint>

#include <boost/json/array.hpp>

namespace meshdrill::lab {

std::string short_hash(std::string_view text) {
  constexpr std::string_view alphabet = "bcdfghjklmnpqrstvwxz2456789";
  std::uint64_t hash = 14695981039346656037U;  // FNV-1a
  for (const char character : text) {
    hash ^= static_cast<unsigned char>(character);
    hash *= 1099511628211U;
  }
  std::string characters;
  while (characters.size() < 10) {
    characters += alphabet[hash % alphabet.size()];
    hash /= alphabet.size();
  }
  return characters;
}

Object pod_from_template(const Object& owner, std::string_view kind) {
  Object pod{{"apiVersion", "v1"}, {"kind", "Pod"}};
  Object metadata = fields_at(owner, {"spec", "template", "metadata"});
  metadata["namespace"] = namespace_of(owner);
  metadata["ownerReferences"] = boost::json::array{controller_reference(owner, "apps/v1", kind)};
  pod["metadata"] = std::move(metadata);
  pod["spec"] = fields_at(owner, {"spec", "template", "spec"});
  pod["status"] = Object{{"phase", "Pending"}};
  return pod;
}

bool pod_active(const Object& pod) {
  const std::string_view phase = text_at(pod, {"status", "phase"});
  return !being_deleted(pod) && phase != "Failed" && phase != "Succeeded";
}

std::vector<ObjectPtr> owned_pods(const ObjectStore& store, const Object& owner, std::string_view kind) {
  std::vector<ObjectPtr> pods;
  for (ObjectPtr& pod : store.list("pods", namespace_of(owner))) {
    if (controller_uid(*pod, kind) == uid_of(owner)) pods.push_back(std::move(pod));
  }
  return pods;
}

}  // namespace meshdrill::lab
