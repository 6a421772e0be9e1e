#include "lab/kubeconfig_writer.hpp"

#include "base/yaml_writer.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <openssl/evp.h>

namespace meshdrill::lab {
namespace {

namespace json = boost::json;

std::string base64(const std::string& text) {
  std::vector<unsigned char> encoded((text.size() + 2) / 3 * 4 + 1);
  const int size = EVP_EncodeBlock(encoded.data(), reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  return {encoded.begin(), encoded.begin() + size};
}

}  // namespace

std::string write_kubeconfig(const std::vector<KubeconfigEntry>& entries) {
  json::array clusters;
  json::array users;
  json::array contexts;
  for (const KubeconfigEntry& entry : entries) {
    clusters.emplace_back(json::object{
        {"name", entry.context},
        {"cluster",
         json::object{{"server", entry.server}, {"certificate-authority-data", base64(entry.authority)}}}});
    users.emplace_back(
        json::object{{"name", entry.context},
                     {"user", json::object{{"client-certificate-data", base64(entry.client.certificate)},
                                           {"client-key-data", base64(entry.client.key)}}}});
    contexts.emplace_back(
        json::object{{"name", entry.context},
                     {"context", json::object{{"cluster", entry.context}, {"user", entry.context}}}});
  }
  return to_yaml(json::object{{"apiVersion", "v1"},
                              {"kind", "Config"},
                              {"clusters", std::move(clusters)},
                              {"users", std::move(users)},
                              {"contexts", std::move(contexts)},
                              {"current-context", entries.empty() ? "" : entries.front().context}});
}

}  // namespace meshdrill::lab
