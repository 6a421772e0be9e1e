#include "status/controllers.hpp"

#include "status/parse.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace meshdrill::status {

std::span<const ControllerKind> controller_kinds() {
  static constexpr auto table = std::to_array<ControllerKind>({
      {cilium_ingress, "Cilium's ingress controller", "", "", false},
      {cilium_gateway, "Cilium's Gateway API controller", "", "", false},
      {"k8s.io/ingress-nginx", "ingress-nginx", "ingress-nginx,rke2-ingress-nginx",
       "nginx.ingress.kubernetes.io/service-upstream", false},
      {"nginx.org/ingress-controller", "the NGINX Ingress Controller", "nginx-ingress",
       "nginx.org/use-cluster-ip", false},
      {"traefik.io/ingress-controller", "Traefik", "traefik",
       "traefik.ingress.kubernetes.io/service.nativelb", true},
      {"haproxy-ingress.github.io/controller", "HAProxy Ingress", "haproxy-ingress",
       "haproxy-ingress.github.io/service-upstream", false},
      {"ingress-controllers.konghq.com/kong", "Kong", "kong", "ingress.kubernetes.io/service-upstream", true},
      {"projectcontour.io/", "Contour", "contour", "", false},
  });
  return table;
}

const ControllerKind* find_controller(std::string_view id) {
  const auto all = controller_kinds();
  const auto found = std::ranges::find_if(all, [&](const ControllerKind& kind) {
    return kind.id.ends_with('/') ? id.starts_with(kind.id) : id == kind.id;
  });
  return found == all.end() ? nullptr : &*found;
}

std::string controller_selector() {
  std::vector<std::string_view> apps;
  for (const ControllerKind& kind : controller_kinds()) {
    if (!kind.app.empty()) apps.push_back(kind.app);
  }
  return fmt::format("app.kubernetes.io/name in ({})", fmt::join(apps, ","));
}

std::set<std::string> marks_of(const boost::json::value& object) {
  std::set<std::string> marks;
  for (const ControllerKind& kind : controller_kinds()) {
    if (!kind.mark.empty() && is_word(annotation(object, kind.mark), "true")) marks.emplace(kind.mark);
  }
  return marks;
}

}  // namespace meshdrill::status
