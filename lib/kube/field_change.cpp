#include "kube/field_change.hpp"

#include "kube/codec.hpp"
#include "kube/json_fields.hpp"

#include <utility>

#include <boost/json/object.hpp>

namespace meshdrill::kube {

namespace json = boost::json;

namespace {

Request patch_request(const ObjectRef& object) {
  Request request;
  request.method = Method::patch;
  request.path = object_path(object);
  request.content_type = "application/merge-patch+json";
  return request;
}

// {"metadata": {"annotations": {KEY: VALUE}}}; null takes a field away.
json::object merge_patch(const FieldPath& path, const FieldValue& wanted) {
  json::object patch;
  json::object* parent = &patch;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) parent = &subobject(*parent, path[i]);
  (*parent)[path.back()] = wanted ? *wanted : json::value();
  return patch;
}

bool is_scalar(const FieldValue& value) {
  return !value || value->is_string() || value->is_number() || value->is_bool();
}

std::optional<ApiError> unfit(Client& client, const ObjectRef& object, const FieldPath& path,
                              const FieldValue& wanted) {
  if (!path.empty() && is_scalar(wanted)) return std::nullopt;
  return error_about(client.connection(), patch_request(object), ApiError::Kind::invalid,
                     path.empty() ? "no field is named" : to_string(path) + " can be set to a scalar only");
}

class FieldWriter final : public GuardedChange {
 public:
  FieldWriter(Client& client, ObjectRef object, const FieldChange& change)
      : GuardedChange(client, change.timeout), object_(std::move(object)), change_(change) {}

  [[nodiscard]] const json::value& seen() const { return seen_; }

 private:
  Task<ApiResult<View>> look(Duration timeout) override {
    ApiResult<json::value> answer = co_await read(object_, timeout);
    if (!answer) co_return tl::unexpected(answer.error());
    seen_ = std::move(*answer);
    if (text_field(seen_, "/metadata/uid") != change_.uid) co_return View::foreign;
    const FieldValue value = field_value(seen_, change_.path);
    if (value == change_.wanted) co_return View::wanted;
    co_return value == change_.expected ? View::expected : View::foreign;
  }

  Task<ApiResult<void>> write(Duration timeout) override {
    json::object patch = merge_patch(change_.path, change_.wanted);
    // The version guards the uid as well: no two objects ever have the same one. Another uid in a patch would
    // be an invalid change of it (422), not a conflict.
    subobject(patch, "metadata")["resourceVersion"] = text_field(seen_, "/metadata/resourceVersion");
    Request request = patch_request(object_);
    request.body = std::move(patch);
    request.timeout = timeout;
    ApiResult<json::value> answer = co_await client_.request(std::move(request));
    if (!answer) co_return tl::unexpected(answer.error());
    seen_ = std::move(*answer);
    co_return ApiResult<void>();
  }

  ObjectRef object_;
  FieldChange change_;
  json::value seen_;
};

}  // namespace

FieldPath replicas_field() {
  return {"spec", "replicas"};
}

FieldPath annotation_field(std::string_view key) {
  return {"metadata", "annotations", std::string(key)};
}

std::string to_string(const FieldPath& path) {
  std::string text;
  for (const std::string& name : path) {
    if (name.find_first_of("./") != std::string::npos) {
      text += '[' + name + ']';
    } else {
      text += (text.empty() ? "" : ".") + name;
    }
  }
  return text;
}

FieldValue field_value(const json::value& object, const FieldPath& path) {
  const json::value* value = &object;
  for (const std::string& name : path) {
    if (!value->is_object()) return std::nullopt;
    value = value->get_object().if_contains(name);
    if (value == nullptr) return std::nullopt;
  }
  if (value->is_null()) return std::nullopt;
  return *value;
}

Task<FieldResult> set_field(Client& client, ObjectRef object, FieldChange change) {
  FieldResult result;
  result.error = unfit(client, object, change.path, change.wanted);
  if (result.error) co_return result;
  FieldWriter writer(client, std::move(object), change);
  result.outcome = co_await writer.run();
  result.object = writer.seen();
  result.read = !result.object.is_null();
  result.seen = field_value(result.object, change.path);
  result.error = writer.error();
  result.writes = writer.writes();
  co_return result;
}

Task<ApiResult<json::value>> try_field(Client& client, ObjectRef object, FieldPath path, FieldValue wanted) {
  if (const auto problem = unfit(client, object, path, wanted)) co_return tl::unexpected(*problem);
  Request request = patch_request(object);
  request.body = merge_patch(path, wanted);
  request.dry_run = true;
  co_return co_await client.request(std::move(request));
}

}  // namespace meshdrill::kube
