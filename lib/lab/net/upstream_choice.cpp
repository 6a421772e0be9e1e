#include "lab/net/upstream_choice.hpp"

#include <algorithm>

namespace meshdrill::lab {
namespace {

namespace json = boost::json;

constexpr std::size_t next_upstream_tries = 3;

std::optional<std::string> port_name(const Object& service, const IngressRoute& route) {
  for (const json::value& item : items_at(service, {"spec", "ports"})) {
    if (!item.is_object()) continue;
    const std::string name{text_at(item.get_object(), {"name"})};
    const bool found = route.port_name.empty()
                           ? integer_at(item.get_object(), {"port"}).value_or(0) == route.port_number
                           : name == route.port_name;
    if (found) return name;
  }
  return std::nullopt;
}

}  // namespace

UpstreamChoice::Candidates UpstreamChoice::candidates(const IngressRoute& route) {
  Candidates result;
  const ObjectPtr service = store_.get("services", route.service.ns, route.service.name);
  if (!service) return result;
  const auto port = port_name(*service, route);
  if (!port) return result;
  if (route.service_upstream) {
    result.known = true;
    if (auto backend = data_plane_.pick(route.service, *port)) result.backends.push_back(std::move(*backend));
    return result;
  }
  result.backends =
      ready_endpoints(store_.list("endpointslices", route.service.ns), route.service.name, *port);
  result.known = !result.backends.empty();
  if (result.known) {
    const std::size_t turn = turns_[route.service]++ % result.backends.size();
    std::ranges::rotate(result.backends, result.backends.begin() + static_cast<std::ptrdiff_t>(turn));
    result.backends.resize(std::min(result.backends.size(), next_upstream_tries));
  }
  return result;
}

}  // namespace meshdrill::lab
