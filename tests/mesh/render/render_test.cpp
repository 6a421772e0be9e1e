#include "mesh/render/render.hpp"

#include "base/document.hpp"
#include "base/files.hpp"
#include "mesh/mesh_text.hpp"
#include "mesh/render/render_peers.hpp"
#include "mesh/trust/trust_files.hpp"

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
  const std::string head = "clustermesh:\n  config:\n    clusters:\n";
  for (const char* version : {"1.16.0", "1.17.5", "1.18.12"}) {
    const PeerValues peers{two_clusters(version), {}};
    CHECK(peers.of(0) == head + "      - name: b\n        port: 32400\n        address: b.cern.ch\n");
    CHECK(peers.of(1) ==
          head + "      - name: a\n        port: 32379\n        ips:\n          - \"192.0.2.1\"\n");
  }
  for (const char* version : {"1.19.6", "1.20.0"}) {
    const PeerValues peers{two_clusters(version), {}};
    CHECK(peers.of(1) == head + "      a:\n        port: 32379\n        ips:\n          - \"192.0.2.1\"\n");
  }
}

TEST_CASE("a cluster alone has no peers") {
  const PeerValues peers{load_text(mesh_text(cluster_text("a"))).mesh, {}};
  CHECK(peers.of(0) == "clustermesh:\n  config:\n    clusters: {}\n");
}

TEST_CASE("certificates of the peers stand in the values only with inline trust") {
  const Mesh mesh = two_clusters("1.18.0", service + "trust: {mode: inline, folder: peers}\n");
  const KeyPair authority = make_authority("CA of b", std::chrono::hours{1}).value();
  const KeyPair remote = issue_certificate(authority, {.common_name = "remote", .client = true}).value();
  TrustMaterial material;
  material.peers["b"] = {remote, authority.certificate};
  CHECK_FALSE(connectable(mesh, material));  // a's is missing
  material.peers["a"] = material.peers["b"];
  REQUIRE(connectable(mesh, material));
  std::size_t with_keys = 0;
  for (const RenderedFile& file : render(mesh, material)) {
    const bool keys = file.content.find("caCert:") != std::string::npos;
    CHECK(keys ==
          (file.path == "a/secrets/cilium-connect.yaml" || file.path == "b/secrets/cilium-connect.yaml"));
    if (keys) CHECK(file.mode == 0600);
    with_keys += keys ? 1 : 0;
  }
  CHECK(with_keys == 2);
}

TEST_CASE("what is pulled from the clusters is pulled once they run") {
  const auto steps = [](const std::string& trust) {
    const Mesh mesh = two_clusters("1.18.0", service + trust);
    std::string readme = render_readme(mesh, make_trust(mesh).value());
    const std::size_t phase_1 = readme.find("Phase 1: enable");
    REQUIRE(phase_1 != std::string::npos);
    return std::pair{phase_1, std::move(readme)};
  };
  const auto [phase_1, inlined] = steps("trust: {mode: inline, folder: peers}\n");
  CHECK(inlined.find("get secret clustermesh-apiserver-remote-cert") > phase_1);
  CHECK(inlined.find("## 3. Certificates in the values") != std::string::npos);
  CHECK(inlined.find("pull the certificates of step 3 first") != std::string::npos);
  const auto [enabled, shared] = steps("trust: {mode: sharedCA}\n");
  CHECK(shared.find("secrets/certificates.yaml") < enabled);
}

TEST_CASE("the names of a domain of one's own go where the version looks for them") {
  const std::string chart = service + "trust: {issuer: cronJob}\n";
  const std::string old_path = "/clustermesh/apiserver/tls/server/extraDnsNames";
  const std::string new_path = "/clustermesh/apiserver/tls/auto/server/extraDnsNames";
  const Mesh old_mesh = two_clusters("1.19.6", chart, ", domain: cern.ch");
  CHECK(text_at(enable_values(old_mesh, old_mesh.clusters[0]), old_path) == R"(["*.cern.ch"])");
  CHECK(text_at(enable_values(old_mesh, old_mesh.clusters[0]), new_path) == "absent");
  const Mesh new_mesh = two_clusters("1.20.0", chart, ", domain: cern.ch");
  CHECK(text_at(enable_values(new_mesh, new_mesh.clusters[0]), old_path) == "absent");
  CHECK(text_at(enable_values(new_mesh, new_mesh.clusters[0]), new_path) == R"(["*.cern.ch"])");
  const Mesh plain = two_clusters("1.20.0", chart);
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

TEST_CASE("secrets are in files of mode 0600 and nowhere else") {
  for (const char* trust : {"{mode: sharedCA}", "{issuer: cronJob}"}) {
    const Mesh mesh = two_clusters("1.18.0", service + "trust: " + trust + "\n");
    const TrustMaterial material = make_trust(mesh).value();
    for (const RenderedFile& file : render(mesh, material)) {
      CAPTURE(file.path);
      const bool secret = file.path.find("secrets/") != std::string::npos;
      CHECK(file.mode == (secret ? 0600U : 0644U));
      CHECK(file.content.find("PRIVATE") == std::string::npos);
      if (!secret) CHECK(file.content.find("key:") == std::string::npos);
    }
  }
}

TEST_CASE("values nest under the key of an umbrella chart") {
  const Mesh mesh = two_clusters("1.18.0", service, ", valuesKey: cilium");
  const json::object values = enable_values(mesh, mesh.clusters[0]);
  CHECK(values.size() == 1);
  CHECK(text_at(values, "/cilium/cluster/name") == "\"a\"");
  CHECK(PeerValues(mesh, {}).of(0).starts_with(
      "cilium:\n  clustermesh:\n    config:\n      clusters:\n        - name: b\n"));
  CHECK(render_readme(mesh, {}).find("${CILIUM_CHART:?") != std::string::npos);
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
  for (const RenderedFile& file : render(mesh, {})) CHECK(file.path.find("connect") == std::string::npos);
  const std::string readme = render_readme(mesh, {});
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
  for (const RenderedFile& file : render(loaded->mesh, {})) {
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
  const std::string readme = render_readme(mesh, {});
  std::size_t from = 0;
  for (const char* step :
       {"kubectl --context a apply --server-side -f a/secrets/certificates.yaml",
        "helm upgrade --install cilium cilium/cilium --version 1.18.0 --kube-context a",
        "-f a/helm/cilium-enable.yaml\n", "--kube-context b",
        "-f b/helm/cilium-enable.yaml -f b/helm/cilium-connect.yaml", "cilium clustermesh status --context a",
        "kubectl --context a label node NODE role=ingress", "--kube-context a -n ingress-nginx",
        "kubectl --context a apply -k a", "api.example.org. 60 IN A 198.51.100.1 ",
        "cilium connectivity test --context a -n kube-system --multi-cluster b",
        "meshdrill probe http://api.example.org/"}) {
    CAPTURE(step);
    const std::size_t found = readme.find(step, from);
    REQUIRE(found != std::string::npos);
    from = found;
  }
}

// What is kept of each mesh in scenarios/meshes, for one chart of every known minor: values and manifests.
// Certificates are never the same twice, and stay out.
TEST_CASE("the values kept in the repository are those that are generated") {
  std::set<std::string> kept;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{source_folder() / "helm-values"}) {
    const std::string path = entry.path().lexically_relative(source_folder()).string();
    if (entry.is_regular_file() && !path.ends_with("README.md")) kept.insert(path);
  }
  for (const auto& entry : std::filesystem::directory_iterator{source_folder() / "scenarios/meshes"}) {
    const std::string file = entry.path().filename().string();
    if (!file.ends_with(".yaml") || file.ends_with(".lock.yaml")) continue;
    for (const char* version : {"1.16.19", "1.17.18", "1.18.12", "1.19.6", "1.20.0"}) {
      CAPTURE(file);
      auto loaded = load_mesh(entry.path());
      REQUIRE(loaded);
      for (Cluster& cluster : loaded->mesh.clusters) cluster.version = version;
      const std::string folder = "helm-values/" + entry.path().stem().string() + "/" + version + "/";
      for (const RenderedFile& made : render(loaded->mesh, {})) {
        if (made.path.find('/') == std::string::npos) continue;
        CAPTURE(made.path);
        CHECK(kept.erase(folder + made.path) == 1);
        const Result<std::string> text = read_file(source_folder() / (folder + made.path));
        CHECK_MESSAGE((text && *text == made.content), "run: python3 helm-values/update.py");
      }
      const Result<std::string> lock = read_file(lock_path(entry.path()));
      REQUIRE(lock);
      CHECK(*lock == to_yaml(loaded->lock));
    }
  }
  CHECK(kept == std::set<std::string>{"helm-values/update.py"});
}

}  // namespace meshdrill::mesh
