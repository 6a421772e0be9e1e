#include "kube/field_ownership.hpp"

#include "base/text.hpp"
#include "kube/json_fields.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include <boost/json/object.hpp>

namespace meshdrill::kube {

namespace json = boost::json;

namespace {

// fieldsV1 has "f:NAME" for each NAME on the way.
bool holds(const json::value& fields, const FieldPath& path) {
  const json::value* level = &fields;
  for (const std::string& name : path) {
    if (!level->is_object()) return false;
    level = level->get_object().if_contains("f:" + name);
    if (level == nullptr) return false;
  }
  return true;
}

bool owns(const json::value& entry, const FieldPath& path) {
  const json::value* fields = field(entry, "/fieldsV1");
  return fields != nullptr && holds(*fields, path);
}

// An entry is known by all but its time and its fields.
bool same_owner(const json::value& left, const json::value& right) {
  return text_field(left, "/manager") == text_field(right, "/manager") &&
         text_field(left, "/operation") == text_field(right, "/operation") &&
         text_field(left, "/subresource") == text_field(right, "/subresource") &&
         text_field(left, "/apiVersion") == text_field(right, "/apiVersion");
}

// Takes the field away, and the maps above it that hold nothing else. Whether `fields` is empty then.
bool take_away(json::object& fields, const FieldPath& path, std::size_t depth = 0) {
  const std::string key = "f:" + path[depth];
  json::value* const child = fields.if_contains(key);
  if (child == nullptr) return fields.empty();
  const bool last = depth + 1 == path.size();
  if (last || !child->is_object() || take_away(child->get_object(), path, depth + 1)) fields.erase(key);
  return fields.empty();
}

void put_in(json::object& fields, const FieldPath& path) {
  json::object* level = &fields;
  for (const std::string& name : path) level = &subobject(*level, "f:" + name);
}

// A former owner's entry that is gone held nothing else, or what else it held has other owners now: it comes
// back with this field alone.
json::value entry_with_only(const json::value& former, const FieldPath& path) {
  json::value entry = former;
  json::object fields;
  put_in(fields, path);
  entry.as_object()["fieldsV1"] = std::move(fields);
  return entry;
}

FieldOwner owner_of(const json::value& entry) {
  return FieldOwner{.manager = text_field(entry, "/manager"),
                    .operation = text_field(entry, "/operation"),
                    .subresource = text_field(entry, "/subresource"),
                    .time = text_field(entry, "/time")};
}

bool is_among(const json::array& entries, const json::value& wanted, const FieldPath& path) {
  return std::any_of(entries.begin(), entries.end(), [&](const json::value& entry) {
    return same_owner(entry, wanted) && owns(entry, path);
  });
}

// Somebody took the field over who neither had it nor is us.
bool has_newcomer(const json::array& live, const json::array& before, const FieldPath& path) {
  return std::any_of(live.begin(), live.end(), [&](const json::value& entry) {
    return owns(entry, path) && text_field(entry, "/manager") != our_field_manager &&
           !is_among(before, entry, path);
  });
}

class OwnershipWriter final : public GuardedChange {
 public:
  OwnershipWriter(Client& client, ObjectRef object, const HandBackRequest& wanted)
      : GuardedChange(client, wanted.timeout), object_(std::move(object)), wanted_(wanted) {}

  void report(HandBack& result) const {
    result.found = field_owners(first_, wanted_.path);
    result.now = field_owners(live_, wanted_.path);
  }
  [[nodiscard]] bool another_object() const { return another_; }

 private:
  Task<ApiResult<View>> look(Duration timeout) override {
    ApiResult<json::value> answer = co_await read(object_, timeout);
    if (!answer) co_return tl::unexpected(answer.error());
    take(*answer);
    if (!std::exchange(looked_, true)) first_ = live_;
    another_ = text_field(*answer, "/metadata/uid") != wanted_.uid;
    if (another_ || has_newcomer(live_, wanted_.before, wanted_.path)) co_return View::foreign;
    next_ = with_former_owners(live_, wanted_.before, wanted_.path);
    co_return next_ ? View::expected : View::wanted;
  }

  // As client-go's csaupgrade does it: the resourceVersion is replaced, not tested, so that a stale one is a
  // conflict and not a failed patch.
  Task<ApiResult<void>> write(Duration timeout) override {
    json::array patch;
    patch.push_back(json::object{{"op", "replace"}, {"path", "/metadata/managedFields"}, {"value", *next_}});
    patch.push_back(
        json::object{{"op", "replace"}, {"path", "/metadata/resourceVersion"}, {"value", version_}});
    Request request;
    request.method = Method::patch;
    request.path = object_path(object_);
    request.content_type = "application/json-patch+json";
    request.body = std::move(patch);
    request.timeout = timeout;
    ApiResult<json::value> answer = co_await client_.request(std::move(request));
    if (!answer) co_return tl::unexpected(answer.error());
    take(*answer);
    co_return ApiResult<void>();
  }

  void take(const json::value& object) {
    live_ = array_field(object, "/metadata/managedFields");
    version_ = text_field(object, "/metadata/resourceVersion");
  }

  ObjectRef object_;
  HandBackRequest wanted_;
  json::array first_;
  json::array live_;
  std::string version_;
  std::optional<json::array> next_;
  bool looked_ = false;
  bool another_ = false;
};

bool same_owners(std::vector<FieldOwner> left, std::vector<FieldOwner> right) {
  const auto without_time = [](std::vector<FieldOwner>& owners) {
    for (FieldOwner& owner : owners) owner.time.clear();
    std::sort(owners.begin(), owners.end(), [](const FieldOwner& one, const FieldOwner& other) {
      return std::tie(one.manager, one.operation, one.subresource) <
             std::tie(other.manager, other.operation, other.subresource);
    });
  };
  without_time(left);
  without_time(right);
  return left == right;
}

HandBack::Outcome outcome_of(ChangeOutcome outcome, const HandBack& result, bool another_object) {
  using Outcome = HandBack::Outcome;
  switch (outcome) {
    case ChangeOutcome::written:
      return same_owners(result.before, result.now) ? Outcome::handed_back : Outcome::failed;
    case ChangeOutcome::already:
      return Outcome::nothing_to_do;
    case ChangeOutcome::foreign:
      return another_object ? Outcome::gone : Outcome::foreign;
    case ChangeOutcome::gone:
      return Outcome::gone;
    case ChangeOutcome::failed:
      return result.error && result.error->is(403) ? Outcome::not_allowed : Outcome::failed;
    case ChangeOutcome::unsettled:
      return Outcome::unsettled;
  }
  return Outcome::failed;
}

}  // namespace

std::string to_string(const FieldOwner& owner) {
  std::string text = printable(owner.manager) + " (" + printable(owner.operation);
  if (!owner.subresource.empty()) text += ", " + printable(owner.subresource);
  return text + ')';
}

std::string to_string(const std::vector<FieldOwner>& owners) {
  std::vector<std::string> names;
  names.reserve(owners.size());
  for (const FieldOwner& owner : owners) names.push_back(to_string(owner));
  return names.empty() ? "nobody" : join_words(names);
}

std::vector<FieldOwner> field_owners(const json::array& managed_fields, const FieldPath& path) {
  std::vector<FieldOwner> owners;
  for (const json::value& entry : managed_fields) {
    if (owns(entry, path)) owners.push_back(owner_of(entry));
  }
  return owners;
}

std::optional<json::array> with_former_owners(const json::array& live, const json::array& before,
                                              const FieldPath& path) {
  json::array next;
  bool changed = false;
  for (const json::value& entry : live) {
    const bool ours = text_field(entry, "/manager") == our_field_manager;
    if (!ours || !owns(entry, path) || is_among(before, entry, path)) {
      next.push_back(entry);
      continue;
    }
    changed = true;
    json::value ours_without = entry;
    json::object& fields = ours_without.as_object()["fieldsV1"].as_object();
    if (!take_away(fields, path)) next.push_back(std::move(ours_without));
  }
  for (const json::value& former : before) {
    if (!owns(former, path) || is_among(next, former, path)) continue;
    changed = true;
    const auto entry = std::find_if(next.begin(), next.end(), [&](const json::value& candidate) {
      return same_owner(candidate, former);
    });
    if (entry == next.end()) {
      next.push_back(entry_with_only(former, path));
    } else {
      put_in(subobject(entry->as_object(), "fieldsV1"), path);
    }
  }
  if (!changed) return std::nullopt;
  // An empty list would leave things as they are; a list with one empty entry says that nobody owns anything.
  if (next.empty()) next.push_back(json::object{});
  return next;
}

Task<HandBack> hand_back(Client& client, ObjectRef object, HandBackRequest request) {
  HandBack result;
  result.before = field_owners(request.before, request.path);
  OwnershipWriter writer(client, std::move(object), request);
  const ChangeOutcome outcome = co_await writer.run();
  writer.report(result);
  result.error = writer.error();
  result.outcome = outcome_of(outcome, result, writer.another_object());
  co_return result;
}

}  // namespace meshdrill::kube
