// The forms that names must have. Each returns what is wrong with `name`, or nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace meshdrill::mesh {

// Of a cluster, as the Cilium chart and agent enforce it: 1 to 32 lower-case letters, digits and '-', and not
// "default", which is what Cilium calls a cluster outside any mesh.
std::optional<std::string> wrong_cluster_name(std::string_view name);

// A label of RFC 1123, as Kubernetes wants it for Namespaces: up to 63 lower-case letters, digits and '-'.
std::optional<std::string> wrong_label(std::string_view name);

// A label of RFC 1035, as Kubernetes wants it for Services: the same, but starting with a letter.
std::optional<std::string> wrong_service_name(std::string_view name);

// A port's name (IANA_SVC_NAME): up to 15 of them with at least one letter.
std::optional<std::string> wrong_port_name(std::string_view name);

// A DNS name without wildcard or trailing dot: labels joined by dots, 253 characters at most, no IP address.
std::optional<std::string> wrong_host_name(std::string_view name);

// A key under which an umbrella chart has a dependency's values: letters, digits, '-' and '_'.
std::optional<std::string> wrong_values_key(std::string_view key);

// A name that is free-form, such as a context of a kubeconfig: some text on one line.
std::optional<std::string> wrong_text(std::string_view text);

}  // namespace meshdrill::mesh
