#include "lab/kubeconfig_writer.hpp"

#include "base/base64.hpp"
#include "base/yaml_writer.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace meshdrill::lab {
namespace json = boost::json;

std::string write_kubeconfig(const std::vector<KubeconfigEntry>& entries) {
  json::array clusters;
  json::array users;
  json::array contexts;
  for (const KubeconfigEntry& entry : entries) {
    clusters.emplace_back(json::object{
        {"name", entry.context},
        {"cluster", json::object{{"server", entry.server},
                                 {"certificate-authority-data", encode_base64(entry.authority)}}}});
    users.emplace_back(json::object{
        {"name", entry.context},
        {"user", json::object{{"client-certificate-data", encode_base64(entry.client.certificate)},
                              {"client-key-data", encode_base64(entry.client.key)}}}});
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
