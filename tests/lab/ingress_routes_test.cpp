#include "lab/net/ingress_routes.hpp"

#include <doctest/doctest.h>

using namespace meshdrill::lab;
using boost::json::array;

namespace {

Object path(const char* at, const char* type, const char* service) {
  return {{"path", at},
          {"pathType", type},
          {"backend", Object{{"service", Object{{"name", service}, {"port", Object{{"number", 80}}}}}}}};
}

ObjectPtr ingress(const char* host, const array& paths, const Object& annotations = {}) {
  Object rule{{"http", Object{{"paths", paths}}}};
  if (*host != '\0') rule["host"] = host;
  array rules;
  rules.emplace_back(rule);
  return std::make_shared<const Object>(
      Object{{"metadata", Object{{"name", "i"}, {"namespace", "default"}, {"annotations", annotations}}},
             {"spec", Object{{"ingressClassName", "nginx"}, {"rules", rules}}}});
}

std::string service_at(const IngressRoutes& routes, const char* host, const char* at) {
  const IngressRoute* route = routes.match(host, at);
  return route == nullptr ? "404" : route->service.name;
}

}  // namespace

TEST_CASE("hosts match exactly then by wildcard then by any") {
  const array exact{path("/", "Prefix", "exact")};
  const array wildcard{path("/", "Prefix", "wildcard")};
  const array any{path("/", "Prefix", "any")};
  const IngressRoutes routes(
      {ingress("", any), ingress("*.example.org", wildcard), ingress("api.example.org", exact)}, "nginx");
  CHECK(service_at(routes, "api.example.org", "/") == "exact");
  CHECK(service_at(routes, "API.Example.org:8080", "/") == "exact");
  CHECK(service_at(routes, "other.example.org", "/") == "wildcard");
  CHECK(service_at(routes, "a.b.example.org", "/") == "any");
  CHECK(service_at(routes, "", "/") == "any");
}

TEST_CASE("a host that is known and has no such path is not found") {
  const array narrow{path("/api", "Prefix", "narrow")};
  const array any{path("/", "Prefix", "any")};
  const IngressRoutes routes({ingress("api.example.org", narrow), ingress("", any)}, "nginx");
  CHECK(service_at(routes, "api.example.org", "/other") == "404");
}

TEST_CASE("paths match by element and the longest wins after exact ones") {
  const array paths{path("/", "Prefix", "root"), path("/api", "Prefix", "api"),
                    path("/api/v2/", "Prefix", "v2"), path("/api", "Exact", "exact")};
  const IngressRoutes routes({ingress("", paths)}, "nginx");
  CHECK(service_at(routes, "h", "/api") == "exact");
  CHECK(service_at(routes, "h", "/api/") == "api");
  CHECK(service_at(routes, "h", "/apis") == "root");
  CHECK(service_at(routes, "h", "/api/v2") == "v2");
  CHECK(service_at(routes, "h", "/api/v2/x") == "v2");
}

TEST_CASE("annotations are read and other classes are left alone") {
  const array all{path("/", "Prefix", "s")};
  const IngressRoutes routes({ingress("", all,
                                      {{"nginx.ingress.kubernetes.io/service-upstream", "true"},
                                       {"nginx.ingress.kubernetes.io/proxy-read-timeout", "3"},
                                       {"nginx.ingress.kubernetes.io/proxy-connect-timeout", "soon"}})},
                             "nginx");
  const IngressRoute* route = routes.match("h", "/");
  REQUIRE(route != nullptr);
  CHECK(route->service_upstream);
  CHECK(route->read_timeout == meshdrill::Duration(std::chrono::seconds(3)));
  CHECK_FALSE(route->connect_timeout);
  CHECK(route->port_number == 80);
  CHECK(IngressRoutes({ingress("", all)}, "cilium").match("h", "/") == nullptr);
}
