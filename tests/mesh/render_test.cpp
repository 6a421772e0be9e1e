#include "mesh/render.hpp"

#include "base/document.hpp"
#include "base/files.hpp"
#include "mesh/mesh_text.hpp"

#include <algorithm>
#include <set>

#include <boost/json.hpp>

namespace meshdrill::mesh {
namespace {

namespace json = boost::json;

const std::string service = "services:\n  - {name: api, ports: [{name: http, port: 8080, targetPort: 80}]}\n";

Mesh two_clusters(const std::string& version, const std::string& rest = service,
                  const std::string& cilium = {}) {
  const std::string a = "  - {name: a, apiserver: {ips: [192.0.2.1]}, ingress: [198.51.100.1]}\n";
  const std::string b =
      "  - {name: b, apiserver: {address: b.cern.ch, port: 32400}, ingress: [198.51.100.2]}\n";
  return load_text(mesh_text(a + b, rest, "{version: " + version + cilium + "}")).mesh;
}

// The value at a path such as "/clustermesh/config/clusters", or nullptr.
const json::value* at(const json::object& object, std::string_view path) {
  const json::value* value = nullptr;
  const json::object* here = &object;
  for (std::size_t start = 1; start <= path.size();) {
    const std::size_t slash = std::min(path.find('/', start), path.size());
    value = here == nullptr ? nullptr : here->if_contains(path.substr(start, slash - start));
    if (value == nullptr) return nullptr;
    here = value->if_object();
    start = slash + 1;
  }
  return value;
}

std::string text_at(const json::object& object, std::string_view path) {
  const json::value* value = at(object, path);
  return value == nullptr ? "absent" : json::serialize(*value);
}

std::vector<std::string> kinds(const std::vector<json::object>& objects) {
  std::vector<std::string> names;
  for (const json::object& object : objects) names.emplace_back(object.at("kind").as_string());
  return names;
}

}  // namespace

TEST_CASE("peers are a list before 1.19 and a map from then on") {
  for (const char* version : {"1.16.0", "1.17.5", "1.18.12"}) {
    const Mesh mesh = two_clusters(version);
    CHECK(text_at(connect_values(mesh, mesh.clusters[0]), "/clustermesh/config/clusters") ==
          R"([{"name":"b","port":32400,"address":"b.cern.ch"}])");
    CHECK(text_at(connect_values(mesh, mesh.clusters[1]), "/clustermesh/config/clusters") ==
          R"([{"name":"a","port":32379,"ips":["192.0.2.1"]}])");
  }
  for (const char* version : {"1.19.6", "1.20.0", "1.21.0"}) {
    const Mesh mesh = two_clusters(version);
    CHECK(text_at(connect_values(mesh, mesh.clusters[1]), "/clustermesh/config/clusters") ==
          R"({"a":{"port":32379,"ips":["192.0.2.1"]}})");
  }
}

TEST_CASE("the names of a domain of one's own go where the version looks for them") {
  const std::string old_path = "/clustermesh/apiserver/tls/server/extraDnsNames";
  const std::string new_path = "/clustermesh/apiserver/tls/auto/server/extraDnsNames";
  const Mesh old_mesh = two_clusters("1.19.6", service, ", domain: cern.ch");
  CHECK(text_at(enable_values(old_mesh, old_mesh.clusters[0]), old_path) == R"(["*.cern.ch"])");
  CHECK(text_at(enable_values(old_mesh, old_mesh.clusters[0]), new_path) == "absent");
  const Mesh new_mesh = two_clusters("1.20.0", service, ", domain: cern.ch");
  CHECK(text_at(enable_values(new_mesh, new_mesh.clusters[0]), old_path) == "absent");
  CHECK(text_at(enable_values(new_mesh, new_mesh.clusters[0]), new_path) == R"(["*.cern.ch"])");
  const Mesh plain = two_clusters("1.20.0");
  CHECK(text_at(enable_values(plain, plain.clusters[0]), new_path) == "absent");
}

TEST_CASE("phase 1 says who the cluster is") {
  const Mesh mesh = two_clusters("1.18.0");
  const json::object values = enable_values(mesh, mesh.clusters[1]);
  CHECK(text_at(values, "/cluster") == R"({"name":"b","id":2})");
  CHECK(text_at(values, "/ipam/operator") ==
        R"({"clusterPoolIPv4PodCIDRList":["10.97.0.0/16"],"clusterPoolIPv4MaskSize":24})");
  CHECK(text_at(values, "/ipv6/enabled") == "false");
  CHECK(text_at(values, "/clustermesh/useAPIServer") == "true");
  CHECK(text_at(values, "/clustermesh/config/enabled") == "true");
  CHECK(text_at(values, "/clustermesh/apiserver/service") == R"({"type":"NodePort","nodePort":32400})");
  CHECK(text_at(values, "/clustermesh/enableEndpointSliceSynchronization") == "absent");
}

TEST_CASE("no value carries a key of a peer") {
  const Mesh mesh = two_clusters("1.18.0");
  for (const RenderedFile& file : render(mesh)) {
    CHECK(file.content.find("caCert") == std::string::npos);
    CHECK(file.content.find("PRIVATE") == std::string::npos);
  }
}

TEST_CASE("values nest under the key of an umbrella chart") {
  const Mesh mesh = two_clusters("1.18.0", service, ", valuesKey: cilium");
  const json::object values = enable_values(mesh, mesh.clusters[0]);
  CHECK(values.size() == 1);
  CHECK(text_at(values, "/cilium/cluster/name") == "\"a\"");
  CHECK(text_at(connect_values(mesh, mesh.clusters[0]), "/cilium/clustermesh/config/clusters") != "absent");
  const std::string readme = render_readme(mesh);
  CHECK(readme.find("${CILIUM_CHART:?") != std::string::npos);
  CHECK(readme.find("printf 'cilium:\\n  tls:") != std::string::npos);
}

TEST_CASE("the objects of a cluster in the order to apply them") {
  const Mesh mesh = two_clusters(
      "1.18.0", service +
                    "  - {name: api, namespace: shop, sample: false, ports: [{name: http, port: 80}]}\n" +
                    "ingress: {host: api.example.org, service: default/api}\n");
  const auto objects = manifests(mesh, mesh.clusters[0]);
  CHECK(kinds(objects) ==
        std::vector<std::string>{"Namespace", "ConfigMap", "Service", "Deployment", "Service", "Ingress"});
  CHECK(text_at(objects[0], "/metadata/name") == "\"shop\"");
  CHECK(text_at(objects[1], "/data") == R"({"index.html":"Hello from Cluster a\n"})");
  CHECK(text_at(objects[2], "/metadata/annotations") == R"({"service.cilium.io/global":"true"})");
  CHECK(text_at(objects[4], "/metadata/namespace") == "\"shop\"");
  CHECK(text_at(objects[5], "/metadata/annotations") ==
        R"({"nginx.ingress.kubernetes.io/service-upstream":"true"})");
  CHECK(text_at(objects[5], "/spec/ingressClassName") == "\"nginx\"");
  CHECK(at(objects[3], "/spec/template/metadata/labels") != nullptr);
  CHECK(text_at(objects[3], "/spec/selector/matchLabels") ==
        text_at(objects[3], "/spec/template/metadata/labels"));
  CHECK(text_at(objects[3], "/spec/selector/matchLabels") == text_at(objects[2], "/spec/selector"));
}

TEST_CASE("annotations are written only when they say something") {
  const Mesh mesh = two_clusters("1.18.0",
                                 "services:\n"
                                 "  - {name: x, sample: false, affinity: local, shared: false, "
                                 "syncEndpointSlices: true, ports: [{port: 80}]}\n");
  const auto objects = manifests(mesh, mesh.clusters[0]);
  CHECK(text_at(objects[0], "/metadata/annotations") ==
        R"({"service.cilium.io/global":"true","service.cilium.io/shared":"false",)"
        R"("service.cilium.io/affinity":"local","service.cilium.io/global-sync-endpoint-slices":"true"})");
  // The annotation is inert without the chart's switch.
  CHECK(text_at(enable_values(mesh, mesh.clusters[0]), "/clustermesh/enableEndpointSliceSynchronization") ==
        "true");
}

TEST_CASE("a mesh whose addresses are not known yet has no phase 2") {
  const Mesh mesh =
      load_text(mesh_text("  - {name: a, apiserver: {type: LoadBalancer}}\n" + cluster_text("b"))).mesh;
  for (const RenderedFile& file : render(mesh)) CHECK(file.path.find("connect") == std::string::npos);
  const std::string readme = render_readme(mesh);
  CHECK(readme.find("Not possible yet") != std::string::npos);
  CHECK(readme.find("kubectl --context a -n kube-system get service clustermesh-apiserver") !=
        std::string::npos);
  CHECK(text_at(enable_values(mesh, mesh.clusters[0]), "/clustermesh/apiserver/service") ==
        R"({"type":"LoadBalancer"})");
}

TEST_CASE("every path is unique and every YAML file can be read back") {
  const auto loaded = load_mesh(source_folder() / "tests/mesh/good/everything.yaml");
  REQUIRE(loaded);
  std::set<std::string> paths;
  for (const RenderedFile& file : render(loaded->mesh)) {
    CAPTURE(file.path);
    CHECK(paths.insert(file.path).second);
    if (!file.path.ends_with(".yaml")) continue;
    for (std::size_t start = 0; start < file.content.size();) {
      const std::size_t end = std::min(file.content.find("---\n", start), file.content.size());
      CHECK(parse_document(file.content.substr(start, end - start), file.path));
      start = end + 4;
    }
  }
  CHECK(paths.contains("north/manifests/1-namespaces.yaml"));
  CHECK(paths.contains("south/manifests/2-service-shop.api.yaml"));
}

TEST_CASE("the readme has every command with its context") {
  const Mesh mesh =
      two_clusters("1.18.0", service + "ingress: {host: api.example.org, nodeSelector: {role: ingress}}\n");
  const std::string readme = render_readme(mesh);
  std::size_t from = 0;
  for (const char* step :
       {"openssl req -x509", "helm upgrade --install cilium cilium/cilium --version 1.18.0 --kube-context a",
        "-f a/helm/cilium-enable.yaml\n", "--kube-context b",
        "-f b/helm/cilium-enable.yaml -f b/helm/cilium-connect.yaml", "cilium clustermesh status --context a",
        "kubectl --context a label node NODE role=ingress", "--kube-context a -n ingress-nginx",
        "kubectl --context a apply -f a/manifests/", "api.example.org. 60 IN A 198.51.100.1 ",
        "cilium connectivity test --context a -n kube-system --multi-cluster b",
        "meshdrill probe http://api.example.org/"}) {
    CAPTURE(step);
    const std::size_t found = readme.find(step, from);
    REQUIRE(found != std::string::npos);
    from = found;
  }
}

TEST_CASE("the values kept in the repository are those that are generated") {
  const auto loaded = load_mesh(source_folder() / "scenarios/meshes/cern.yaml");
  REQUIRE(loaded);
  const auto folder = source_folder() / "helm-values/cern/1.18.0";
  std::set<std::string> expected{".meshdrill-files"};
  for (const RenderedFile& file : render(loaded->mesh)) {
    CAPTURE(file.path);
    expected.insert(file.path);
    const Result<std::string> kept = read_file(folder / file.path);
    REQUIRE(kept);
    CHECK_MESSAGE(*kept == file.content,
                  "run: meshdrill generate -f scenarios/meshes/cern.yaml -o helm-values/cern/1.18.0");
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator{folder}) {
    if (entry.is_regular_file()) CHECK(expected.contains(entry.path().lexically_relative(folder).string()));
  }
  const Result<std::string> lock = read_file(source_folder() / "scenarios/meshes/cern.lock.yaml");
  REQUIRE(lock);
  CHECK(*lock == to_yaml(loaded->lock));
}

}  // namespace meshdrill::mesh
