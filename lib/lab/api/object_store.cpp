#include "lab/api/object_store.hpp"

#include "lab/api/json_access.hpp"
#include "lab/api/resource_types.hpp"
#include "lab/api/store_errors.hpp"
#include "lab/api/timestamps.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <random>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

namespace meshdrill::lab {

namespace json = boost::json;

namespace {

using Key = std::pair<std::string, std::string>;  // namespace, name
using Objects = std::map<Key, ObjectPtr>;

struct Subscriber {
  std::shared_ptr<ObjectStore::Listener> listener;
  std::uint64_t since = 0;  // changes up to this version were before its time
};

Key key_of(const Object& object) {
  return {std::string(namespace_of(object)), std::string(name_of(object))};
}

bool owned_by(const Object& object, std::string_view uid) {
  const json::array* const owners = find_array(object, {"metadata", "ownerReferences"});
  if (owners == nullptr) return false;
  for (const json::value& owner : *owners) {
    if (owner.is_object() && text_at(owner.get_object(), {"uid"}) == uid) return true;
  }
  return false;
}

}  // namespace

struct ObjectStore::State {
  explicit State(std::size_t limit) : history_limit(limit) {}

  std::map<std::string, Objects, std::less<>> resources;
  std::unordered_set<std::string> uids;
  std::uint64_t version = 1;
  std::size_t history_limit;
  std::deque<Change> history;
  std::deque<Change> undelivered;
  bool delivering = false;
  std::map<std::uint64_t, Subscriber> subscribers;
  std::uint64_t next_subscriber = 0;
  std::mt19937_64 random{std::random_device{}()};

  std::string make_uid() {
    // RFC 9562 version 4: 122 random bits, 4 and 2 fixed ones.
    const std::uint64_t high = (random() & 0xffffffffffff0fffULL) | 0x4000ULL;
    const std::uint64_t low = (random() & 0x3fffffffffffffffULL) | 0x8000000000000000ULL;
    return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xffff,
                       high & 0xffff, low >> 48, low & 0xffffffffffffULL);
  }

  // As Kubernetes' SimpleNameGenerator: five characters that spell no words.
  std::string make_name(std::string_view prefix) {
    constexpr std::string_view alphabet = "bcdfghjklmnpqrstvwxz2456789";
    std::uniform_int_distribution<std::size_t> pick(0, alphabet.size() - 1);
    std::string name(prefix);
    for (int i = 0; i < 5; ++i) name += alphabet[pick(random)];
    return name;
  }

  [[nodiscard]] ObjectPtr find(std::string_view resource, const Key& key) const {
    const auto objects = resources.find(resource);
    if (objects == resources.end()) return nullptr;
    const auto found = objects->second.find(key);
    return found == objects->second.end() ? nullptr : found->second;
  }

  void record(Change change) {
    history.push_back(change);
    if (history.size() > history_limit) history.pop_front();
    undelivered.push_back(std::move(change));
  }

  void deliver() {
    if (delivering) return;
    struct Guard {
      bool& flag;
      explicit Guard(bool& f) : flag(f) { flag = true; }
      ~Guard() { flag = false; }
    } const guard(delivering);
    while (!undelivered.empty()) {
      const Change change = std::move(undelivered.front());
      undelivered.pop_front();
      deliver(change);
    }
  }

  // Listeners may come and go while one of them is called.
  void deliver(const Change& change) {
    for (auto at = subscribers.begin(); at != subscribers.end();) {
      const std::uint64_t id = at->first;
      const Subscriber subscriber = at->second;
      if (change.version > subscriber.since) (*subscriber.listener)(change);
      at = subscribers.upper_bound(id);
    }
  }

  // Takes one object out and returns its last state.
  ObjectPtr erase(std::string_view resource, const Key& key) {
    Objects& objects = resources.find(resource)->second;
    const auto found = objects.find(key);
    const ObjectPtr previous = found->second;
    objects.erase(found);
    uids.erase(std::string(text_at(*previous, {"metadata", "uid"})));
    auto last = std::make_shared<Object>(*previous);
    object_at(*last, {"metadata"})["resourceVersion"] = std::to_string(++version);
    record({.type = Change::Type::deleted,
            .resource = std::string(resource),
            .object = last,
            .previous = previous,
            .version = version});
    return last;
  }

  // What became garbage when the object with `uid` went away.
  void erase_dependents(const std::string& uid) {
    std::vector<std::pair<std::string, Key>> garbage;
    for (const auto& [resource, objects] : resources) {
      for (const auto& [key, object] : objects) {
        if (owned_by(*object, uid) && !has_live_owner(*object)) garbage.emplace_back(resource, key);
      }
    }
    for (const auto& [resource, key] : garbage) {
      const ObjectPtr last = erase(resource, key);
      erase_dependents(std::string(text_at(*last, {"metadata", "uid"})));
    }
  }

  [[nodiscard]] bool has_live_owner(const Object& object) const {
    for (const json::value& owner : *find_array(object, {"metadata", "ownerReferences"})) {
      if (owner.is_object() && uids.contains(std::string(text_at(owner.get_object(), {"uid"})))) return true;
    }
    return false;
  }
};

ObjectStore::ObjectStore(std::size_t history) : state_(std::make_unique<State>(history)) {}
ObjectStore::~ObjectStore() = default;

ObjectPtr ObjectStore::get(std::string_view resource, std::string_view ns, std::string_view name) const {
  return state_->find(resource, {std::string(ns), std::string(name)});
}

std::vector<ObjectPtr> ObjectStore::list(std::string_view resource, std::string_view ns) const {
  std::vector<ObjectPtr> found;
  const auto objects = state_->resources.find(resource);
  if (objects == state_->resources.end()) return found;
  auto at = ns.empty() ? objects->second.begin() : objects->second.lower_bound({std::string(ns), ""});
  for (; at != objects->second.end() && (ns.empty() || at->first.first == ns); ++at) {
    found.push_back(at->second);
  }
  return found;
}

std::uint64_t ObjectStore::resource_version() const {
  return state_->version;
}

std::optional<std::vector<Change>> ObjectStore::changes_since(std::uint64_t version) const {
  const std::deque<Change>& history = state_->history;
  const std::uint64_t kept_from = history.empty() ? state_->version + 1 : history.front().version;
  if (version + 1 < kept_from) return std::nullopt;
  // Each write raises the version by one, so that the place of a change follows from its version.
  const auto skip =
      static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(version + 1 - kept_from, history.size()));
  return std::vector<Change>(history.begin() + skip, history.end());
}

StoreResult<ObjectPtr> ObjectStore::create(std::string_view resource, Object object, WriteMode mode) {
  Object& metadata = object_at(object, {"metadata"});
  if (text_at(metadata, {"name"}).empty() && !text_at(metadata, {"generateName"}).empty()) {
    metadata["name"] = state_->make_name(text_at(metadata, {"generateName"}));
  }
  const Key key = key_of(object);
  if (state_->find(resource, key)) return tl::unexpected(already_exists(resource, key.second));

  const std::string uid = state_->make_uid();
  metadata["uid"] = uid;
  metadata["creationTimestamp"] = to_timestamp(std::chrono::system_clock::now());
  metadata.erase("resourceVersion");
  if (object.contains("spec")) metadata["generation"] = 1;
  if (mode == WriteMode::dry_run) return std::make_shared<const Object>(std::move(object));

  metadata["resourceVersion"] = std::to_string(++state_->version);
  const auto stored = std::make_shared<const Object>(std::move(object));
  state_->resources[std::string(resource)][key] = stored;
  state_->uids.insert(uid);
  state_->record({.type = Change::Type::added,
                  .resource = std::string(resource),
                  .object = stored,
                  .previous = nullptr,
                  .version = state_->version});
  state_->deliver();
  return stored;
}

StoreResult<ObjectPtr> ObjectStore::update(std::string_view resource, Object object, WriteMode mode) {
  const Key key = key_of(object);
  const ObjectPtr stored = state_->find(resource, key);
  if (!stored) return tl::unexpected(not_found(resource, key.second));

  Object& metadata = object_at(object, {"metadata"});
  const Object& kept = *find_object(*stored, {"metadata"});
  const std::string_view uid = text_at(metadata, {"uid"});
  if (!uid.empty() && uid != text_at(kept, {"uid"})) {
    return tl::unexpected(uid_conflict(resource, key.second, uid, text_at(kept, {"uid"})));
  }
  const std::string_view version = text_at(metadata, {"resourceVersion"});
  if (!version.empty() && version != text_at(kept, {"resourceVersion"})) {
    return tl::unexpected(modified_conflict(resource, key.second));
  }
  for (const std::string_view field : {"uid", "creationTimestamp", "resourceVersion", "generation"}) {
    if (const json::value* const value = kept.if_contains(field)) metadata[field] = *value;
  }
  if (object == *stored) return stored;

  const json::value* const spec = object.if_contains("spec");
  const json::value* const old_spec = stored->if_contains("spec");
  if (spec != nullptr && (old_spec == nullptr || *spec != *old_spec)) {
    metadata["generation"] = integer_at(kept, {"generation"}).value_or(0) + 1;
  }
  if (mode == WriteMode::dry_run) return std::make_shared<const Object>(std::move(object));

  metadata["resourceVersion"] = std::to_string(++state_->version);
  const auto next = std::make_shared<const Object>(std::move(object));
  state_->resources[std::string(resource)][key] = next;
  state_->record({.type = Change::Type::modified,
                  .resource = std::string(resource),
                  .object = next,
                  .previous = stored,
                  .version = state_->version});
  state_->deliver();
  return next;
}

StoreResult<ObjectPtr> ObjectStore::modify(std::string_view resource, std::string_view ns,
                                           std::string_view name,
                                           const std::function<void(Object&)>& mutate) {
  const ObjectPtr stored = get(resource, ns, name);
  if (!stored) return tl::unexpected(not_found(resource, name));
  Object copy = *stored;
  mutate(copy);
  return update(resource, std::move(copy));
}

StoreResult<ObjectPtr> ObjectStore::remove(std::string_view resource, std::string_view ns,
                                           std::string_view name) {
  const Key key{ns, name};
  if (!state_->find(resource, key)) return tl::unexpected(not_found(resource, name));
  const ObjectPtr last = state_->erase(resource, key);
  state_->erase_dependents(std::string(text_at(*last, {"metadata", "uid"})));
  state_->deliver();
  return last;
}

ObjectStore::Subscription ObjectStore::subscribe(Listener listener) {
  const std::uint64_t id = state_->next_subscriber++;
  state_->subscribers[id] = {.listener = std::make_shared<Listener>(std::move(listener)),
                             .since = state_->version};
  State* const state = state_.get();
  return {static_cast<void*>(state), [state, id](void*) { state->subscribers.erase(id); }};
}

}  // namespace meshdrill::lab
