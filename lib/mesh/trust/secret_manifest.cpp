#include "mesh/trust/secret_manifest.hpp"

#include "base/base64.hpp"
#include "base/yaml_writer.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

using boost::json::array;
using boost::json::object;

std::string text_of(const Node* node) {
  return node == nullptr ? std::string{} : node->scalar;
}

// The decoded value of data.KEY; reports it when it is missing, unless it may be.
std::string data_of(const Node& secret, std::string_view key, bool optional, Diagnostics& found) {
  const Node* data = secret.find("data");
  const Node* value = data == nullptr ? nullptr : data->find(key);
  if (value == nullptr && optional) return {};
  const auto decoded = value == nullptr ? std::nullopt : decode_base64(value->scalar);
  if (decoded && !decoded->empty()) return *decoded;
  found.push_back({Severity::error,
                   value == nullptr ? secret.where : value->where,
                   fmt::format("data.{}: {}", key, value == nullptr ? "is missing" : "is no base64"),
                   {}});
  return {};
}

object secret_object(const TrustMaterial::Secret& secret, const std::string& authority,
                     const std::string& kube_namespace) {
  return {{"apiVersion", "v1"},
          {"kind", "Secret"},
          {"metadata", object{{"name", secret.name}, {"namespace", kube_namespace}}},
          {"type", "kubernetes.io/tls"},
          {"data", object{{"ca.crt", encode_base64(authority)},
                          {"tls.crt", encode_base64(secret.pair.certificate)},
                          {"tls.key", encode_base64(secret.pair.key)}}}};
}

}  // namespace

std::string secret_yaml(const TrustMaterial::Secret& secret, const std::string& authority,
                        const std::string& kube_namespace) {
  return to_yaml(secret_object(secret, authority, kube_namespace));
}

std::string secrets_yaml(const std::vector<TrustMaterial::Secret>& secrets, const std::string& authority,
                         const std::string& kube_namespace) {
  array items;
  for (const TrustMaterial::Secret& secret : secrets) {
    items.emplace_back(secret_object(secret, authority, kube_namespace));
  }
  return to_yaml(object{{"apiVersion", "v1"}, {"kind", "List"}, {"items", std::move(items)}});
}

Checked<std::vector<TlsSecret>> read_secrets(const Node& document) {
  std::vector<TlsSecret> secrets;
  Diagnostics found;
  const auto read = [&](const Node& item) {
    if (text_of(item.find("kind")) != "Secret") return;
    const Node* metadata = item.find("metadata");
    secrets.push_back({metadata == nullptr ? std::string{} : text_of(metadata->find("name")),
                       {data_of(item, "tls.crt", false, found), data_of(item, "tls.key", false, found)},
                       data_of(item, "ca.crt", true, found),
                       item.where});
  };
  if (const Node* items = document.find("items")) {
    for (const Node& item : items->items) read(item);
  } else {
    read(document);
  }
  if (has_errors(found)) return tl::unexpected(std::move(found));
  return secrets;
}

}  // namespace meshdrill::mesh
