// `trust` of a mesh file.
#include "mesh/read/read_fields.hpp"
#include "mesh/read/read_parts.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

struct ModeRow {
  std::string_view name;
  Trust::Mode mode;
  std::vector<std::string_view> keys;  // those that belong to this mode alone
};

const std::array<ModeRow, 3>& modes() {
  static const std::array<ModeRow, 3> rows{{
      {"sharedCA", Trust::Mode::shared_ca, {"issuer", "ca"}},
      {"certManager", Trust::Mode::cert_manager, {"issuerRef"}},
      {"inline", Trust::Mode::inlined, {"folder"}},
  }};
  return rows;
}

void read_mode(MapReader& map, Trust& trust) {
  std::vector<std::string_view> names;
  for (const ModeRow& row : modes()) names.push_back(row.name);
  const std::string chosen = map.choice("mode", names).value_or("sharedCA");
  for (const ModeRow& row : modes()) {
    if (row.name == chosen) {
      trust.mode = row.mode;
      continue;
    }
    for (const std::string_view key : row.keys) {
      if (const Node* node = map.find(key)) {
        map.error(*node, key, fmt::format("belongs to mode: {}, and the mode is {}", row.name, chosen));
      }
    }
  }
}

Trust::Issuer read_issuer(MapReader& map) {
  const auto choice = map.choice("issuer", {"meshdrill", "cronJob", "helm"});
  if (choice == "cronJob") return Trust::Issuer::cron_job;
  return choice == "helm" ? Trust::Issuer::helm : Trust::Issuer::meshdrill;
}

}  // namespace

Trust read_trust(MapReader& map) {
  Trust trust;
  read_mode(map, trust);
  trust.issuer = read_issuer(map);
  trust.auth_mode = map.choice("authMode", {"legacy", "migration", "cluster"}).value_or("");
  if (const auto days = map.integer("validityDays", 1, 3650)) trust.validity_days = static_cast<int>(*days);
  map.section("ca", [&](MapReader& ca) {
    ca.require("cert");
    ca.require("key");
    trust.ca_certificate = ca.string("cert").value_or("");
    trust.ca_key = ca.string("key").value_or("");
  });
  if (trust.mode == Trust::Mode::cert_manager) map.require("issuerRef");
  map.section("issuerRef", [&](MapReader& ref) {
    ref.require("name");
    trust.issuer_ref.name = ref.string("name").value_or("");
    trust.issuer_ref.kind = ref.string("kind").value_or(trust.issuer_ref.kind);
    trust.issuer_ref.group = ref.string("group").value_or(trust.issuer_ref.group);
  });
  if (trust.mode == Trust::Mode::inlined) map.require("folder");
  trust.folder = map.string("folder").value_or("");
  trust.where = map.node().where;
  trust.auth_mode_where = where_of(map, "authMode");
  return trust;
}

}  // namespace meshdrill::mesh
