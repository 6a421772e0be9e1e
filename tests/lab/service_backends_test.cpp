#include "lab/net/service_backends.hpp"

#include <doctest/doctest.h>

using namespace meshdrill::lab;
using boost::json::array;

namespace {

Object service(const Object& annotations) {
  return {{"metadata", Object{{"name", "api"}, {"namespace", "default"}, {"annotations", annotations}}}};
}

ObjectPtr slice(const Object& labels, const array& endpoints, const array& ports) {
  return std::make_shared<const Object>(
      Object{{"metadata", Object{{"labels", labels}}}, {"endpoints", endpoints}, {"ports", ports}});
}

const Object own{{"kubernetes.io/service-name", "api"}};
const Object http{{"name", "http"}, {"port", 80}};

Object endpoint(const char* address, const Object& conditions) {
  array addresses;
  addresses.emplace_back(address);
  return {{"addresses", addresses}, {"conditions", conditions}};
}

}  // namespace

TEST_CASE("annotations are read as Cilium reads them") {
  CHECK_FALSE(global_settings(service({})).global);
  CHECK(global_settings(service({{"service.cilium.io/global", "True"}})).global);
  CHECK(global_settings(service({{"io.cilium/global-service", "true"}})).global);
  CHECK(global_settings(service({{"service.cilium.io/global", "true"}})).shared);
  CHECK_FALSE(
      global_settings(service({{"service.cilium.io/global", "true"}, {"service.cilium.io/shared", "false"}}))
          .shared);
  // shared and affinity count for nothing in a Service that is not global
  const GlobalSettings local = global_settings(
      service({{"service.cilium.io/shared", "true"}, {"service.cilium.io/affinity", "remote"}}));
  CHECK_FALSE(local.shared);
  CHECK(local.affinity == GlobalSettings::Affinity::none);
}

TEST_CASE("local backends are the ready endpoints of the cluster's own slices") {
  const array endpoints{endpoint("10.0.0.1", {{"ready", true}}), endpoint("10.0.0.2", {{"ready", false}}),
                        endpoint("10.0.0.3", {{"ready", nullptr}})};
  const array ports{http};
  Object mirrored = own;
  mirrored["multicluster.kubernetes.io/source-cluster"] = "b";
  const array remote_endpoints{endpoint("10.9.0.1", {{"ready", true}})};
  const array again{endpoint("10.0.0.1", {{"ready", true}})};
  const std::vector<ObjectPtr> slices = {slice(own, endpoints, ports), slice(own, again, ports),
                                         slice(mirrored, remote_endpoints, ports)};
  const PortBackends backends = local_backends(service({}), slices, "a");
  REQUIRE(backends.size() == 1);
  CHECK(backends.at("http") == std::vector<Backend>{{"a", "10.0.0.1", 80}, {"a", "10.0.0.3", 80}});
  CHECK(ready_endpoints(slices, "api", "http").size() == 3);
  CHECK(ready_endpoints(slices, "api", "").empty());
  CHECK(ready_endpoints(slices, "other", "http").empty());
}

TEST_CASE("slices without endpoints hold null") {
  Object empty{{"metadata", Object{{"labels", own}}}, {"endpoints", nullptr}, {"ports", nullptr}};
  const std::vector<ObjectPtr> slices = {std::make_shared<const Object>(std::move(empty))};
  CHECK(local_backends(service({}), slices, "a").empty());
}

TEST_CASE("which side is used") {
  using Affinity = GlobalSettings::Affinity;
  const std::vector<Backend> local = {{"a", "10.0.0.1", 80}};
  const std::vector<Backend> remote = {{"b", "10.1.0.1", 80}, {"c", "10.2.0.1", 80}};
  const auto use = [](bool global, Affinity affinity, const std::vector<Backend>& l,
                      const std::vector<Backend>& r) {
    GlobalSettings settings;
    settings.global = global;
    settings.affinity = affinity;
    return usable_backends(settings, l, r);
  };
  CHECK(use(false, Affinity::none, local, remote) == local);
  CHECK(use(false, Affinity::none, {}, remote).empty());
  CHECK(use(true, Affinity::none, local, remote).size() == 3);
  CHECK(use(true, Affinity::local, local, remote) == local);
  CHECK(use(true, Affinity::local, {}, remote) == remote);
  CHECK(use(true, Affinity::remote, local, remote) == remote);
  CHECK(use(true, Affinity::remote, local, {}) == local);
}
