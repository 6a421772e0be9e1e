// One case for every rule: the good twin of two clusters' values passes, a change of one place is found
// there.
#include "base/base64.hpp"
#include "base/certificates.hpp"
#include "base/files.hpp"
#include "mesh/rule_sources.hpp"
#include "mesh/values/check_values.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace meshdrill;
using namespace meshdrill::mesh;
using namespace meshdrill::mesh::values;

namespace {

// Two clusters' values with nothing to find in them.
std::string good(int number) {
  return fmt::format(R"(cluster:
  name: c{0}
  id: {0}
kubeProxyReplacement: "true"
ipam:
  operator:
    clusterPoolIPv4PodCIDRList: ["10.{0}.0.0/16"]
clustermesh:
  useAPIServer: true
  apiserver:
    service: {{type: NodePort, nodePort: 3238{0}}}
  config:
    enabled: true
    clusters:
      - {{name: c{1}, ips: [192.0.2.{1}], port: 3238{1}}}
)",
                     number, 3 - number);
}

ClusterInput input(const std::string& file, const std::string& text) {
  auto read = read_helm_values_text(text, file);
  REQUIRE_MESSAGE(read, (read ? "" : to_string(read.error())));
  return {file, {file, 0, 0}, read->values};
}

Diagnostics findings(const std::string& a, const std::string& b, std::string_view version = {}) {
  ValuesOptions options;
  if (!version.empty()) options.version = mesh::parse_version(version).value();
  return check_values(std::vector<ClusterInput>{input("a.yaml", a), input("b.yaml", b)}, options).findings;
}

// `text` with the first `from` replaced, which must be there.
std::string changed(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE_MESSAGE(at != std::string::npos, from);
  return text.replace(at, from.size(), to);
}

struct Case {
  std::string_view rule;
  Severity severity;
  std::string_view place;     // of the finding
  std::string_view from, to;  // the change in b.yaml; an empty `from` appends
  std::string_view says = {};
  std::string_view version = {};
};

constexpr Severity error = Severity::error, warning = Severity::warning, note = Severity::note;

const std::vector<Case> cases{
    {"duplicate-id", error, "b.yaml:3:7", "id: 2", "id: 1", "that of c1 already (a.yaml:3:7)"},
    {"duplicate-id", error, "b.yaml:3:7", "id: 2", "id: 001", "that of c1"},
    {"odd-number", warning, "b.yaml:3:7", "id: 2", "id: 002", "Helm reads 002 as 2"},
    {"odd-number", error, "b.yaml:3:7", "id: 2", "id: 010", "Helm reads 010 as 8, an octal number"},
    {"odd-number", warning, "b.yaml:3:7", "id: 2", "id: 008", "Helm reads 008 as 8"},
    {"odd-number", warning, "b.yaml:3:7", "id: 2", "id: 1_0", "Helm reads 1_0 as 10"},
    {"odd-number", warning, "b.yaml:3:7", "id: 2", "id: 0x10", "Helm reads 0x10 as 16, a hexadecimal number"},
    {"odd-number", warning, "b.yaml:3:7", "id: 2", "id: 0b11", "Helm reads 0b11 as 3, a binary number"},
    {"odd-number", warning, "b.yaml:3:7", "id: 2", "id: 0o11", "Helm reads 0o11 as 9, an octal number"},
    {"id-range", error, "b.yaml:3:7", "id: 2", "id: 256", "not between 1 and 255"},
    {"id-range", error, "b.yaml:3:7", "id: 2", "id: -1", "not between 1 and 255"},
    {"id-missing", error, "b.yaml:3:7", "id: 2", "id: 0", "is not set or 0"},
    {"id-missing", error, "b.yaml", "  id: 2\n", "", "is not set or 0"},
    {"id-mark", error, "b.yaml:3:7", "id: 2\n", "id: 130\ncni: {chainingMode: aws-cni}\n", "#21330"},
    {"wrong-type", error, "b.yaml:3:7", "id: 2", "id: \"2\"",
     "the chart wants a whole number, and this is a string"},
    {"wrong-type", error, "b.yaml:2:9", "name: c2", "name: 002", "002, which Helm reads as a number"},
    {"wrong-type", error, "b.yaml:2:9", "name: c2", "name: no", "no, which Helm reads as a boolean"},
    {"wrong-type", error, "b.yaml:15:9", "{name: c1, ips: [192.0.2.1], port: 32381}", "c1",
     "a peer is a map"},
    {"wrong-type", error, "b.yaml:15:25", "ips: [192.0.2.1]", "ips: 192.0.2.1",
     "ips of a peer is a list, and this is a string"},
    {"wrong-type", error, "b.yaml:15:26", "192.0.2.1", "192", "this is a number"},
    {"wrong-type", error, "b.yaml:15:56", "port: 32381", "port: 32381, tls: foo", "tls of a peer is a map"},
    {"wrong-type", error, "b.yaml:15:60", "port: 32381", "port: 32381, enabled: \"false\"", "true or false",
     "1.19.6"},
    {"unknown-key", error, "b.yaml:15:57", "port: 32381", "port: 32381, tls: {crt: eA==}",
     "Did you mean cert?"},
    {"wrong-value", error, "b.yaml:16:14", "", "routingMode: nativ\n", "Did you mean native?"},
    {"wrong-value", error, "b.yaml:16:17", "", "tunnelProtocol: gre\n", "none of vxlan, geneve"},
    {"wrong-value", error, "b.yaml:6:9", "ipam:\n", "ipam:\n  mode: clusterpool\n",
     "Did you mean cluster-pool?"},
    {"wrong-value", error, "b.yaml:11:21", "apiserver:\n", "apiserver:\n    tls: {authMode: clustr}\n",
     "none of legacy"},
    {"wrong-value", error, "b.yaml:11:21", "type: NodePort", "type: Nodeport", "Did you mean NodePort?"},
    {"ingress-datapath", error, "b.yaml:4:23", "kubeProxyReplacement: \"true\"",
     "kubeProxyReplacement: \"false\"\ningressController: {enabled: true}", "it is false"},
    {"ingress-datapath", error, "b.yaml:4:23", "kubeProxyReplacement: \"true\"",
     "gatewayAPI: {enabled: true}", "gatewayAPI needs kubeProxyReplacement set to true, and it is not set"},
    {"ingress-datapath", error, "b.yaml:17:10", "", "gatewayAPI: {enabled: true}\nl7Proxy: false\n",
     "needs the L7 proxy"},
    {"name-default", error, "b.yaml:2:9", "name: c2", "name: default"},
    {"name-default", error, "b.yaml", "  name: c2\n", ""},
    {"name-form", error, "b.yaml:2:9", "name: c2", "name: node.example.org", "lower-case letters"},
    {"duplicate-name", error, "b.yaml:2:9", "name: c2", "name: c1", "that of a.yaml:2:9"},
    {"max-connected-clusters", error, "b.yaml:16:25", "", "  maxConnectedClusters: 511\n",
     "511 here and 255 in c1"},
    {"max-connected-clusters", error, "b.yaml:16:25", "", "  maxConnectedClusters: 300\n",
     "only 255 and 511"},
    {"identity-store", error, "b.yaml:16:25", "", "identityAllocationMode: kvstore\n"},
    {"identity-store", error, "b.yaml:16:21", "", "disableEndpointCRD: true\n"},
    {"pod-cidr-overlap", error, "b.yaml:7:34", "10.2.0.0/16", "10.1.128.0/17", "10.1.0.0/16 (Pods of c1"},
    {"pod-cidr-overlap", error, "b.yaml:7:49", "\"10.2.0.0/16\"", "\"10.2.0.0/16\", \"10.2.1.0/24\"",
     "Pods of c2"},
    {"pod-cidr-overlap", error, "b.yaml:15:26", "10.2.0.0/16", "192.0.2.0/24", "clustermesh-apiserver of c"},
    {"pod-cidr-overlap", error, "a.yaml:7:34", "    clusterPoolIPv4PodCIDRList: [\"10.2.0.0/16\"]\n",
     "    {}\n", "10.0.0.0/8 (Pods of c2"},
    {"pod-cidr-default", warning, "b.yaml", "clusterPoolIPv4PodCIDRList: [\"10.2.0.0/16\"]", "{}"},
    {"pod-cidr-host-bits", warning, "b.yaml:7:34", "10.2.0.0/16", "10.2.0.5/16",
     "reads 10.2.0.5/16 as 10.2.0.0/16"},
    {"pod-cidr-form", error, "b.yaml:7:34", "10.2.0.0/16", "10.2.0.0", "is no CIDR"},
    {"pod-cidr-form", error, "b.yaml:7:33", "[\"10.2.0.0/16\"]", "[]", "the operator does not start"},
    {"pod-cidr-family", error, "b.yaml:7:34", "10.2.0.0/16", "fd00::/104"},
    {"pod-cidr-reserved", error, "b.yaml:7:34", "10.2.0.0/16", "127.64.0.0/16", "127.0.0.0/8 (loopback)"},
    {"pod-cidr-reserved", error, "b.yaml:7:34", "10.2.0.0/16", "239.0.0.0/16", "multicast"},
    {"pod-cidr-reserved", error, "b.yaml:7:34", "10.2.0.0/16", "169.254.0.0/20", "link-local"},
    {"pod-cidr-reserved", error, "b.yaml:8:34", "\"10.2.0.0/16\"]\n",
     "\"10.2.0.0/16\"]\n    clusterPoolIPv6PodCIDRList: [\"::ffff:10.3.0.0/112\"]\nipv6: {enabled: true}\n",
     "IPv4 addresses written as IPv6"},
    {"pod-cidr-mask", error, "b.yaml:7:34", "10.2.0.0/16", "10.2.0.0/25", "no remaining CIDRs"},
    {"pod-cidr-unused", note, "b.yaml:8:33", "ipam:\n", "ipam:\n  mode: kubernetes\n"},
    {"native-routing-cidr", error, "b.yaml:16:24", "",
     "ipv4NativeRoutingCIDR: 10.2.0.0/16\nroutingMode: native\n", "does not cover 10.1.0.0/16"},
    {"native-routing-cidr", warning, "b.yaml", "", "routingMode: native\n"},
    {"unknown-key", error, "b.yaml:9:3", "useAPIServer", "useApiServer", "clustermesh.useApiServer"},
    {"unknown-key", error, "b.yaml:7:5", "clusterPoolIPv4PodCIDRList", "clusterPoolIPv4PodCIDRs"},
    {"unknown-key", error, "b.yaml:15:38", "port", "prot", "a peer has no key prot"},
    {"unknown-key", warning, "b.yaml:1:1", "cluster:\n", "clusters:\n", "no Cilium chart has clusters"},
    {"key-version", note, "b.yaml:16:3", "", "  enableMCSAPISupport: true\n", "only charts up to 1.19"},
    {"key-version", note, "b.yaml:16:3", "", "  cacheTTL: 30s\n", "only charts from 1.19 on"},
    {"key-removed", error, "b.yaml:16:3", "", "  enableMCSAPISupport: true\n", "1.19 was the last", "1.20.0"},
    {"key-deprecated", warning, "b.yaml:16:3", "", "  enableMCSAPISupport: true\n", "since 1.19", "1.19.6"},
    {"key-removed", error, "b.yaml:16:1", "", "externalWorkloads: {enabled: false}\n", "1.17 was the last",
     "1.18.0"},
    {"key-version", note, "b.yaml:16:1", "", "externalWorkloads: {enabled: false}\n",
     "only charts up to 1.17"},
    {"key-deprecated", warning, "b.yaml:11:20", "apiserver:\n",
     "apiserver:\n    tls: {server: {extraDnsNames: [x.example.org]}}\n", "tls.auto.server.extraDnsNames",
     "1.20.0"},
    {"key-removed", error, "b.yaml:11:20", "apiserver:\n", "apiserver:\n    tls: {server: {cert: x}}\n",
     "1.19 was the last", "1.20.0"},
    {"key-too-new", error, "b.yaml:16:3", "", "  cacheTTL: 30s\n", "1.19 is the first", "1.18.0"},
    {"key-too-new", error, "b.yaml:15:51", "port: 32381", "port: 32381, enabled: true", "ignores enabled",
     "1.18.0"},
    {"peer-unknown", error, "b.yaml:15:16", "name: c1", "name: c9", "no cluster here is named c9"},
    {"peer-self", note, "b.yaml:16:16", "", "      - {name: c2}\n"},
    {"peer-name", error, "b.yaml:16:9", "", "      - {ips: [192.0.2.3], port: 1}\n"},
    {"duplicate-peer", error, "b.yaml:16:16", "", "      - {name: c1, ips: [192.0.2.1], port: 32381}\n"},
    {"peer-port", error, "b.yaml:15:16", ", port: 32381", "", "has no port"},
    {"peer-port", error, "b.yaml:15:44", "port: 32381", "port: 99999", "this is \"99999\""},
    {"peer-port", error, "b.yaml:15:44", "port: 32381", "port: etcd", "this is \"etcd\""},
    {"peer-port", error, "b.yaml:15:44", "port: 32381", "port: [1]", "this is a list"},
    {"peer-port", error, "b.yaml:15:44", "port: 32381", "port: 32379", "NodePort 32381 (a.yaml:11:41)"},
    {"peer-endpoint", error, "b.yaml:15:16", "ips: [192.0.2.1], ", "", "neither ips nor address"},
    {"peer-endpoint", error, "b.yaml:15:26", "192.0.2.1", "mesh.example.org", "is no IP address"},
    {"peer-endpoint", warning, "b.yaml:15:29",
     "ips:", "address: x.mesh.cilium.io, ips:", "the chart takes ips"},
    {"peer-one-way", warning, "a.yaml:15:16", "      - {name: c1, ips: [192.0.2.1], port: 32381}\n",
     "      []\n"},
    {"peers-off", warning, "b.yaml:15:7", "enabled: true", "enabled: false"},
    {"apiserver-off", warning, "b.yaml:15:7", "useAPIServer: true", "useAPIServer: false"},
    {"remote-users", warning, "b.yaml:9:17", "enabled: true", "enabled: false", "authMode: legacy", "1.19.0"},
    {"peers-form", error, "b.yaml:15:7", "- {name: c1, ips: [192.0.2.1], port: 32381}",
     "c1: {ips: [192.0.2.1], port: 32381}", "refuses a map", "1.18.0"},
    {"peers-form", note, "b.yaml:15:7", "- {name: c1, ips: [192.0.2.1], port: 32381}",
     "c1: {ips: [192.0.2.1], port: 32381}"},
    {"node-port-clash", warning, "b.yaml:11:41", "32382", "32381", "#24692"},
    {"inline-tls", warning, "b.yaml:15:65", "port: 32381", "port: 32381, tls: {caCert: eA==}", "10 KB"},
    {"inline-tls-half", error, "b.yaml:15:62", "port: 32381", "port: 32381, tls: {key: eA==}"},
    {"key-in-values", warning, "b.yaml:16:17", "", "tls: {ca: {key: eA==}}\n", "tls.ca.key"},
    {"key-in-values", warning, "b.yaml:12:6", "apiserver:\n",
     "apiserver:\n    tls: {auto: {enabled: false}, server: {\nkey: x}}\n"},
    {"key-removed", error, "b.yaml:12:6", "apiserver:\n",
     "apiserver:\n    tls: {auto: {enabled: false}, remote: {\nkey: x}}\n", "the chart of 1.20 fails",
     "1.20.0"},
    {"ca-form", error, "b.yaml:16:18", "", "tls: {ca: {cert: x}}\n", "this is no certificate"},
    {"cert-manager-issuer", error, "b.yaml:11:26", "apiserver:\n",
     "apiserver:\n    tls: {auto: {method: certmanager}}\n"},
    {"server-name", error, "b.yaml:13:13", "config:\n", "config:\n    domain: mesh.example.org\n",
     "c1.mesh.example.org"},
    {"server-name", error, "b.yaml:15:29", "ips: [192.0.2.1]", "address: c1.example.org", "extraDnsNames"},
    {"server-name", error, "b.yaml:15:29", "ips: [192.0.2.1]", "address: 192.0.2.1", "extraIpAddresses"},
    {"routing-mode-differs", error, "b.yaml:16:14", "", "routingMode: native\n"},
    {"tunnel-protocol-differs", error, "b.yaml:16:17", "", "tunnelProtocol: geneve\n"},
    {"tunnel-protocol-differs", error, "b.yaml:16:13", "", "tunnelPort: 8473\n"},
    {"encryption-differs", warning, "b.yaml:16:35", "", "encryption: {enabled: true, type: wireguard}\n"},
    {"family-differs", warning, "b.yaml:16:17", "", "ipv6: {enabled: true}\n"},
};

void check_case(const Case& one) {
  const std::string good_b = good(2);
  const std::string bad_b =
      one.from.empty() ? good_b + std::string{one.to} : changed(good_b, one.from, one.to);
  const Diagnostics found = findings(good(1), bad_b, one.version);
  std::string all;
  for (const Diagnostic& finding : found) all += to_string(finding) + "\n";
  const bool hit = std::any_of(found.begin(), found.end(), [&](const Diagnostic& finding) {
    return finding.rule == one.rule && finding.severity == one.severity &&
           to_string(finding.where) == one.place && finding.what.find(one.says) != std::string::npos;
  });
  const bool cured = std::any_of(found.begin(), found.end(), [&](const Diagnostic& finding) {
    return finding.cure.find(one.says) != std::string::npos && finding.rule == one.rule &&
           to_string(finding.where) == one.place;
  });
  CHECK_MESSAGE((hit || cured), one.rule, " at ", one.place, " in\n", bad_b, "found:\n", all);
}

}  // namespace

TEST_CASE("the good twin has nothing to find") {
  for (const std::string_view version : {"", "1.16.0", "1.17.0", "1.18.0", "1.19.0", "1.20.0"}) {
    const Diagnostics found = findings(good(1), good(2), version);
    CHECK_MESSAGE(found.empty(), version, "\n", to_string(found));
  }
}

TEST_CASE("every rule finds its case") {
  for (const Case& one : cases) check_case(one);
}

TEST_CASE("every finding names a rule of the table") {
  std::set<std::string_view> known;
  for (const RuleMeaning& rule : rule_table()) known.insert(rule.id);
  CHECK(known.size() == rule_table().size());
  for (const Case& one : cases) CHECK_MESSAGE(known.count(one.rule) == 1, one.rule);
}

TEST_CASE("every rule for values has a case here or in another test") {
  const std::string code = sources_below("lib/mesh/values");
  std::set<std::string_view> tested{
      "ca-differs",       "ca-missing", "key-read-otherwise", "merge-overrides", "no-cilium-values",
      "outside-subchart", "yaml",       "subchart-differs"};
  for (const Case& one : cases) tested.insert(one.rule);
  for (const RuleMeaning& rule : rule_table()) {
    if (names_rule(code, rule.id)) CHECK_MESSAGE(tested.count(rule.id) == 1, rule.id);
  }
}

TEST_CASE("two clusters with the chart's default are both told") {
  const std::string list = "    clusterPoolIPv4PodCIDRList: [\"10.{}.0.0/16\"]\n";
  const Diagnostics found = findings(changed(good(1), fmt::format(fmt::runtime(list), 1), "    {}\n"),
                                     changed(good(2), fmt::format(fmt::runtime(list), 2), "    {}\n"));
  REQUIRE(found.size() == 2);
  for (const Diagnostic& one : found) {
    CHECK(one.rule == "pod-cidr-default");
    CHECK(one.severity == Severity::error);
  }
}

TEST_CASE("values of an umbrella chart are found under their key") {
  std::string nested = "cilium:\n";
  std::string line;
  for (const char c : good(2)) {
    line += c;
    if (c != '\n') continue;
    nested += "  " + line;
    line.clear();
  }
  const Diagnostics mixed = findings(good(1), nested);
  REQUIRE(mixed.size() == 1);
  CHECK(mixed.front().rule == "subchart-differs");
  CHECK(mixed.front().severity == Severity::note);
  const Diagnostics outside = findings(good(1), nested + "cluster: {id: 3}\nroutingMode: native\n");
  REQUIRE(outside.size() == 3);
  CHECK(outside.at(1).rule == "outside-subchart");
  CHECK(outside.at(2).rule == "outside-subchart");
  const Diagnostics several = findings(good(1), nested + "other: {cluster: {id: 3}}\n");
  CHECK(several.front().rule == "no-cilium-values");
}

TEST_CASE("a slip in the key of an umbrella chart is told") {
  const std::string rest = "{cluster: {name: c1, id: 1}, ipam: {mode: kubernetes}}\n";
  const std::string other = "{cluster: {name: c2, id: 2}, ipam: {mode: kubernetes}}\n";
  const Diagnostics differs = findings("cilium: " + rest, "cilum: " + other);
  REQUIRE(differs.size() == 1);
  CHECK(differs.front().rule == "subchart-differs");
  CHECK(differs.front().severity == Severity::warning);
  CHECK(differs.front().cure == "Did you mean cilium?");
  const ValuesReport named =
      check_values(std::vector<ClusterInput>{input("a.yaml", "cilum: " + rest)}, {{}, "cilium"});
  REQUIRE(named.findings.size() == 1);
  CHECK(named.findings.front().cure == "Did you mean cilum?");
}

TEST_CASE("an entry that is no peer is one finding") {
  for (const std::string_view entry : {"c1", "~", "[c1]", "1"}) {
    CAPTURE(entry);
    const Diagnostics found =
        findings(good(1), changed(good(2), "{name: c1, ips: [192.0.2.1], port: 32381}", entry));
    REQUIRE_MESSAGE(found.size() == 1, to_string(found));
    CHECK(found.front().rule == "wrong-type");
  }
  for (const std::string_view entry : {"c1: ~", "c1: 192.0.2.1"}) {
    CAPTURE(entry);
    const Diagnostics found =
        findings(good(1), changed(good(2), "- {name: c1, ips: [192.0.2.1], port: 32381}", entry), "1.19.6");
    REQUIRE_MESSAGE(found.size() == 1, to_string(found));
    CHECK(found.front().rule == "wrong-type");
  }
}

TEST_CASE("Secrets of one's own are switched on with a key that is deprecated") {
  const auto with = [](std::string_view value) {
    return changed(good(2), "apiserver:\n",
                   fmt::format("apiserver:\n    tls: {{enableSecrets: {}}}\n", value));
  };
  CHECK(findings(good(1), with("false"), "1.19.6").empty());
  CHECK(findings(good(1), with("true"), "1.19.6").front().rule == "key-deprecated");
  CHECK(findings(good(1), with("false"), "1.20.0").front().rule == "key-removed");
}

TEST_CASE("IDs are advised that maxConnectedClusters allows") {
  const std::string text = changed(good(2), "id: 2\n", "id: 130\ncni: {chainingMode: aws-cni}\n");
  const Diagnostics few = findings(good(1), text);
  REQUIRE(few.size() == 1);
  CHECK(few.front().cure == "Use an ID from 1 to 127.");
  const std::string most = "  maxConnectedClusters: 511\n";
  const Diagnostics many = findings(good(1) + most, text + most);
  REQUIRE(many.size() == 1);
  CHECK(many.front().cure == "Use an ID from 1 to 127, or from 256 to 383.");
}

TEST_CASE("a CA that differs or is missing is told by its fingerprint") {
  const auto with_ca = [&](int number, const std::string& certificate) {
    return good(number) + "tls: {ca: {cert: " + encode_base64(certificate) + "}}\n";
  };
  const std::string one = make_authority("one", std::chrono::hours{24}).value().certificate;
  const std::string two = make_authority("two", std::chrono::hours{24}).value().certificate;
  CHECK(findings(with_ca(1, one), with_ca(2, one)).empty());
  const Diagnostics differs = findings(with_ca(1, one), with_ca(2, two));
  REQUIRE(differs.size() == 1);
  CHECK(differs.front().rule == "ca-differs");
  CHECK(to_string(differs.front().where) == "b.yaml:16:18");
  const Diagnostics missing = findings(with_ca(1, one), good(2));
  REQUIRE(missing.size() == 1);
  CHECK(missing.front().rule == "ca-missing");
}

TEST_CASE("a secret never shows in a finding") {
  const std::string secret = "c2VjcmV0LWtleQ==";
  const std::string text =
      changed(good(2), "port: 32381", "port: 32381, tls: {key: " + secret + ", cert: [" + secret + "]}") +
      "tls: {ca: {key: " + secret + ", cert: " + secret + "}}\n";
  const std::string told = to_string(findings(good(1), text));
  CHECK(told.find("key-in-values") != std::string::npos);
  CHECK(told.find(secret) == std::string::npos);
}

TEST_CASE("511 clusters are checked") {
  std::vector<ClusterInput> inputs;
  for (int i = 1; i <= 511; ++i) {
    std::string text = fmt::format(
        "cluster: {{name: c{0}, id: {0}}}\nclustermesh:\n  maxConnectedClusters: 511\n  useAPIServer: true\n"
        "  config: {{enabled: true, clusters: [",
        i);
    for (int k = 1; k <= 511; ++k)
      text += fmt::format("{}{{name: c{}, ips: [\"fd01::{:x}\"], port: 2379}}", k == 1 ? "" : ", ", k, k);
    text += fmt::format("]}}\nipam: {{operator: {{clusterPoolIPv4PodCIDRList: [10.{}.{}.0/17]}}}}\n", i / 2,
                        i % 2 * 128);
    inputs.push_back(input(fmt::format("{}.yaml", i), text));
  }
  const ValuesReport report = check_values(inputs, {});
  const auto errors = std::count_if(report.findings.begin(), report.findings.end(),
                                    [](const Diagnostic& one) { return one.severity != Severity::note; });
  CHECK_MESSAGE(errors == 0, to_string(report.findings.front()));
  CHECK(report.clusters.size() == 511);
}
