#include "lab/api/api_call.hpp"
#include "lab/api/api_decode.hpp"
#include "lab/api/json_access.hpp"
#include "lab/api/managed_fields.hpp"

#include <string>
#include <utility>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::lab {

namespace json = boost::json;

namespace {

constexpr ResourceType kScale{.group = "autoscaling",
                              .version = "v1",
                              .plural = "scales",
                              .singular = "scale",
                              .kind = "Scale",
                              .short_names = {}};

std::string selector_text(const Object& workload) {
  std::string text;
  if (const json::object* const labels = find_object(workload, {"spec", "selector", "matchLabels"})) {
    for (const json::key_value_pair& label : *labels) {
      if (!label.value().is_string()) continue;
      text.append(text.empty() ? "" : ",").append(label.key().data(), label.key().size());
      text.append("=").append(view(label.value().get_string()));
    }
  }
  return text;
}

// No replicas means zero: Kubernetes leaves a zero in spec.replicas of a Scale out.
json::object scale_of(const Object& workload) {
  json::object metadata;
  for (const std::string_view key : {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"}) {
    if (const json::value* const value = find_value(workload, {"metadata", key})) metadata[key] = *value;
  }
  json::object spec;
  const std::int64_t replicas = integer_at(workload, {"spec", "replicas"}).value_or(1);
  if (replicas != 0) spec["replicas"] = replicas;
  json::object status{{"replicas", integer_at(workload, {"status", "replicas"}).value_or(0)}};
  if (const std::string selector = selector_text(workload); !selector.empty()) status["selector"] = selector;
  return {{"kind", "Scale"},
          {"apiVersion", "autoscaling/v1"},
          {"metadata", std::move(metadata)},
          {"spec", std::move(spec)},
          {"status", std::move(status)}};
}

StoreResult<ObjectPtr> write_scale(const ApiCall& call, const Object& live, const Object& scale) {
  if (name_of(scale) != call.route.name) {
    return tl::unexpected(
        bad_request(fmt::format("the name of the object ({}) does not match the name on the "
                                "URL ({})",
                                name_of(scale), call.route.name)));
  }
  const std::int64_t replicas = integer_at(scale, {"spec", "replicas"}).value_or(0);
  if (replicas < 0) {
    return tl::unexpected(invalid_object(kScale, call.route.name,
                                         {{.kind = FieldCause::Kind::invalid,
                                           .field = "spec.replicas",
                                           .value = std::to_string(replicas),
                                           .message = "must be greater than or equal to 0"}}));
  }
  Object next = live;
  object_at(next, {"spec"})["replicas"] = replicas;
  // Empty ones make the write unconditional.
  object_at(next, {"metadata"})["uid"] = text_at(scale, {"metadata", "uid"});
  object_at(next, {"metadata"})["resourceVersion"] = text_at(scale, {"metadata", "resourceVersion"});
  const Writer writer{.manager = call.manager(),
                      .api_version = api_version(call.type()),
                      .subresource = "scale",
                      .now = call.now};
  record_update(&live, next, writer);
  return call.store().update(call.type().plural, std::move(next), call.mode());
}

}  // namespace

ApiResponse handle_scale(const ApiCall& call) {
  const ObjectPtr live = call.live();
  if (!live) return to_response(call.missing());
  if (call.route.verb == "get") return json_response(scale_of(*live));
  StoreResult<Object> scale = tl::unexpected(method_not_allowed());
  if (call.route.verb == "update") {
    scale = decode_object(kScale, call.request.content_type, call.request.body);
  } else if (call.route.verb == "patch") {
    scale = patched(call, scale_of(*live)).and_then([](Object result) {
      return check_types(kScale, std::move(result));
    });
  }
  if (!scale) return to_response(scale.error());
  const auto written = write_scale(call, *live, *scale);
  return written ? json_response(scale_of(**written)) : to_response(written.error());
}

}  // namespace meshdrill::lab
