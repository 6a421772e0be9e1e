// The controllers behind Ingresses and Gateways: where their Pods are, and how each is told to ask a
// Service's ClusterIP, where Cilium chooses among the clusters, in place of the endpoints that the local API
// knows.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

namespace meshdrill::status {

struct ControllerKind {
  std::string_view id;    // spec.controller of its IngressClass, or how it begins
  std::string_view name;  // for messages
  std::string_view app;   // app.kubernetes.io/name of its Pods; several with ","; empty: Cilium itself
  std::string_view mark;  // the annotation with "true"; empty: none that we know of
  bool mark_on_service;   // on the Service, not on the Ingress
};

inline constexpr std::string_view cilium_ingress = "cilium.io/ingress-controller";
inline constexpr std::string_view cilium_gateway = "io.cilium/gateway-controller";

std::span<const ControllerKind> controller_kinds();
// nullptr when it is none that we know.
const ControllerKind* find_controller(std::string_view id);

// The label selector of the Pods of all of them.
std::string controller_selector();
// Those marks that the object has.
std::set<std::string> marks_of(const boost::json::value& object);

}  // namespace meshdrill::status
