#include "lab/api/api_route.hpp"
#include "lab/api/protobuf.hpp"
#include "lab/api_fixture.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace meshdrill::lab;

namespace {

const Object* resource(const Object& list, std::string_view name) {
  for (const auto& entry : *find_array(list, {"resources"})) {
    if (text_at(entry.as_object(), {"name"}) == name) return &entry.as_object();
  }
  return nullptr;
}

}  // namespace

TEST_CASE("discovery names groups, resources and subresources") {
  Api api;
  CHECK(text_at(api.ask("GET", "/version"), {"minor"}) == "32");
  CHECK(text_at(api.ask("GET", "/api"), {"kind"}) == "APIVersions");
  const Object groups = api.ask("GET", "/apis");
  std::string names;
  for (const auto& group : *find_array(groups, {"groups"})) {
    names.append(text_at(group.as_object(), {"name"})).append(" ");
  }
  CHECK(names ==
        "apps authorization.k8s.io autoscaling cilium.io coordination.k8s.io discovery.k8s.io events.k8s.io "
        "keda.sh gateway.networking.k8s.io multicluster.x-k8s.io networking.k8s.io policy "
        "rbac.authorization.k8s.io ");
  const Object apps = api.ask("GET", "/apis/apps/v1");
  REQUIRE(resource(apps, "deployments"));
  CHECK(resource(apps, "deployments")->at("shortNames").as_array().at(0).as_string() == "deploy");
  REQUIRE(resource(apps, "deployments/scale"));
  CHECK(text_at(*resource(apps, "deployments/scale"), {"group"}) == "autoscaling");
  const Object core = api.ask("GET", "/api/v1");
  CHECK(resource(core, "pods/status") != nullptr);
  CHECK(resource(core, "pods/scale") == nullptr);
}

TEST_CASE("health and the unknown") {
  Api api;
  CHECK(api.send("GET", "/readyz").body == "ok");
  for (const char* path : {"/apis/argoproj.io", "/apis/apps/v2", "/api/v2", "/nowhere",
                           "/openapi/v3/apis/argoproj.io/v1alpha1"}) {
    api.ask("GET", path);
    CHECK_MESSAGE(api.status == 404, path);
  }
}

TEST_CASE("OpenAPI says in each form that patches can be tried out") {
  Api api;
  const Object index = api.ask("GET", "/openapi/v3");
  const std::string_view url = text_at(index, {"paths", "apis/apps/v1", "serverRelativeURL"});
  const Object document = api.ask("GET", url);
  const std::string path = "/apis/apps/v1/namespaces/{namespace}/deployments/{name}";
  const auto* const parameters = find_array(document, {"paths", path, "patch", "parameters"});
  REQUIRE(parameters);
  CHECK(text_at(parameters->at(0).as_object(), {"name"}) == "dryRun");

  api.accept = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
  const ApiResponse binary = api.send("GET", "/openapi/v2");
  CHECK(binary.content_type == "application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
  const auto fields = parse_protobuf(binary.body);
  REQUIRE(fields);
  const auto paths = std::ranges::find(*fields, 8U, &ProtobufField::number);
  REQUIRE(paths != fields->end());
  const auto entries = parse_protobuf(paths->content);
  REQUIRE(entries);
  CHECK(std::ranges::any_of(*entries, [&](const ProtobufField& entry) {
    return entry.content.find(path) != std::string_view::npos &&
           entry.content.find("dryRun") != std::string_view::npos;
  }));
}

TEST_CASE("Protocol Buffers that are cut off are no message") {
  const std::string message = protobuf_field(1, "hello") + protobuf_field(300, std::string(200, 'x'));
  const auto fields = parse_protobuf(message);
  REQUIRE(fields);
  CHECK(fields->at(0).content == "hello");
  CHECK(fields->at(1).number == 300);
  CHECK(fields->at(1).content.size() == 200);
  for (std::size_t size = 1; size < message.size(); ++size) {
    if (size != 7) CHECK_MESSAGE(!parse_protobuf(std::string_view(message).substr(0, size)), size);
  }
}

TEST_CASE("paths are taken apart") {
  const auto route = [](std::string_view method, std::string_view path) {
    const auto target = parse_target(path);
    REQUIRE(target);
    return find_route(*target, method);
  };
  const auto scale = route("PUT", "/apis/apps/v1/namespaces/shop/deployments/web/scale?dryRun=All");
  REQUIRE(scale);
  CHECK(scale->ns == "shop");
  CHECK(scale->name == "web");
  CHECK(scale->verb == "update");
  CHECK(resource_path(*scale) == "deployments/scale");
  CHECK(route("GET", "/api/v1/namespaces/shop")->type->kind == "Namespace");
  CHECK(route("GET", "/api/v1/namespaces/shop/status")->subresource == "status");
  CHECK(route("GET", "/api/v1/namespaces/shop/pods")->verb == "list");
  CHECK(route("GET", "/api/v1/pods?watch=1")->verb == "watch");
  CHECK(route("GET", "/api/v1/pods?watch=false")->verb == "list");
  CHECK(route("DELETE", "/api/v1/namespaces/shop/pods")->verb == "deletecollection");
  CHECK_FALSE(route("GET", "/api/v1/pods/web"));
  CHECK_FALSE(route("GET", "/api/v1/namespaces/shop/nodes"));
  CHECK_FALSE(route("GET", "/api/v1/namespaces/shop/configmaps/web/scale"));
  CHECK_FALSE(route("GET", "/api/v1/namespaces/shop/pods/web/status/more"));
  CHECK_FALSE(parse_target("no path"));
}

TEST_CASE("a client's wishes about the form are met in its order") {
  CHECK(negotiate("") == Form::plain);
  CHECK(negotiate("*/*") == Form::plain);
  CHECK(negotiate("application/json;as=Table;v=v1;g=meta.k8s.io,application/json") == Form::table);
  CHECK(negotiate("application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json") == Form::plain);
  CHECK(negotiate("application/vnd.kubernetes.protobuf, application/json") == Form::plain);
  CHECK(negotiate("application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io") == Form::metadata);
  CHECK_FALSE(negotiate("application/vnd.kubernetes.protobuf"));
}
