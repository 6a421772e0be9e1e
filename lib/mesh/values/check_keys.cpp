#include "base/text.hpp"
#include "mesh/cilium_version.hpp"
#include "mesh/values/chart_keys.hpp"
#include "mesh/values/rules.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace meshdrill::mesh::values {
namespace {

using Kind = HelmValue::Kind;

struct Replacement {
  std::string_view path;  // the key, or all below it
  int deprecated;         // the minor that says so first; 0: it is gone before it was deprecated
  std::string_view cure;
};

// From the charts' values.yaml and upgrade notes.
constexpr std::array<Replacement, 11> replacements{{
    {"clustermesh.enableMCSAPISupport", 19, "Use clustermesh.mcsapi.enabled."},
    {"clustermesh.apiserver.kvstoremesh.enabled", 18, "Leave it out: KVStoreMesh is always on in time."},
    {"clustermesh.apiserver.tls.enableSecrets", 19, "Leave it out."},
    {"clustermesh.apiserver.tls.server.extraDnsNames", 20,
     "Use clustermesh.apiserver.tls.auto.server.extraDnsNames."},
    {"clustermesh.apiserver.tls.server.extraIpAddresses", 20,
     "Use clustermesh.apiserver.tls.auto.server.extraIpAddresses."},
    {"clustermesh.apiserver.tls.server.cert", 19, "Let tls.auto make it, or create the Secret yourself."},
    {"clustermesh.apiserver.tls.server.key", 19, "Let tls.auto make it, or create the Secret yourself."},
    {"externalWorkloads", 0, "Leave it out: external workloads are gone since 1.18."},
    {"clustermesh.apiserver.tls.client", 18, "Leave it out: external workloads are gone since 1.18."},
    {"clustermesh.apiserver.tls.admin", 19, "Let tls.auto make it, or create the Secret yourself."},
    {"clustermesh.apiserver.tls.remote", 19, "Let tls.auto make it, or create the Secret yourself."},
}};

const Replacement* find_replacement(std::string_view path) {
  const auto found = std::find_if(replacements.begin(), replacements.end(), [&](const Replacement& known) {
    return path == known.path || (path.starts_with(known.path) && path[known.path.size()] == '.');
  });
  return found == replacements.end() ? nullptr : found;
}

unsigned types_of(const HelmValue& value) {
  switch (value.kind) {
    case Kind::null:
      return ~0U;  // Helm drops the key, and the chart's default stands
    case Kind::boolean:
      return ChartKey::boolean;
    case Kind::number:
      return value.integer() ? ChartKey::integer | ChartKey::number : ChartKey::number;
    case Kind::string:
      return ChartKey::text;
    case Kind::list:
      return ChartKey::list;
    case Kind::map:
      break;
  }
  return ChartKey::section | ChartKey::any_map;
}

std::string wanted(unsigned types) {
  std::vector<std::string> words;
  if ((types & ChartKey::text) != 0) words.emplace_back("a string");
  if ((types & ChartKey::integer) != 0) words.emplace_back("a whole number");
  if ((types & ChartKey::number) != 0) words.emplace_back("a number");
  if ((types & ChartKey::boolean) != 0) words.emplace_back("true or false");
  if ((types & ChartKey::list) != 0) words.emplace_back("a list");
  if ((types & (ChartKey::section | ChartKey::any_map)) != 0) words.emplace_back("a map");
  return join_words(words);
}

// Walks one cluster's values beside the table of the chart's keys.
class Walk {
 public:
  Walk(const MeshValues& mesh, Findings& found) : minor_(mesh.minor), found_(found) {}

  void top(const ClusterValues& cluster) {
    for (const HelmValue::Entry& entry : cluster.cilium.entries) {
      if (find_chart_key(entry.key) != nullptr) {
        known(entry, entry.key, false);
      } else if (!is_chart_section(entry.key)) {
        misspelt_section(entry);
      }
    }
  }

 private:
  // Other keys at the top may be for the operator's own templates: only what is nearly a section of a mesh
  // counts.
  void misspelt_section(const HelmValue::Entry& entry) {
    static const std::vector<std::string_view> sections{"cluster",
                                                        "clustermesh",
                                                        "ipam",
                                                        "ipv4",
                                                        "ipv6",
                                                        "tls",
                                                        "routingMode",
                                                        "tunnelProtocol",
                                                        "ipv4NativeRoutingCIDR",
                                                        "ipv6NativeRoutingCIDR",
                                                        "kubeProxyReplacement",
                                                        "encryption"};
    const std::string near = closest(entry.key, sections);
    if (near.empty()) return;
    found_.warning(
        "unknown-key", entry.key_where,
        fmt::format("no Cilium chart has {} at the top of its values, and Helm drops it without a word",
                    printable(entry.key)),
        fmt::format("Did you mean {}?", near));
  }

  // `told`: the version was reported for a section above already.
  void known(const HelmValue::Entry& entry, const std::string& path, bool told) {
    const ChartKey& key = *find_chart_key(path);
    if (!told) told = check_version(entry, key);
    check_type(entry.value, path, key.types);
    if (entry.value.kind == Kind::map && (key.types & ChartKey::section) != 0)
      children(entry.value, path, told);
  }

  void children(const HelmValue& map, const std::string& path, bool told) {
    for (const HelmValue::Entry& entry : map.entries) {
      const std::string below = fmt::format("{}.{}", path, entry.key);
      if (find_chart_key(below) != nullptr) {
        known(entry, below, told);
      } else {
        unknown(entry, path);
      }
    }
  }

  void unknown(const HelmValue::Entry& entry, const std::string& path) {
    const std::string near = closest(entry.key, chart_keys_under(path));
    found_.error(
        "unknown-key", entry.key_where,
        fmt::format("{}.{}: no Cilium chart from 1.{} to 1.{} has this key, and Helm drops it without a word",
                    path, printable(entry.key), oldest_minor, newest_minor),
        near.empty() ? std::string{} : fmt::format("Did you mean {}?", near));
  }

  // Off is what enableSecrets is for good from 1.20 on. Before, only that leaves room for Secrets of one's
  // own.
  static bool is_ahead(const HelmValue::Entry& entry, const ChartKey& key) {
    return key.path == "clustermesh.apiserver.tls.enableSecrets" && entry.value.kind == Kind::boolean &&
           !entry.value.boolean;
  }

  // Whether there was something to say.
  bool check_version(const HelmValue::Entry& entry, const ChartKey& key) {
    const Replacement* instead = find_replacement(key.path);
    const std::string cure = instead == nullptr ? std::string{} : std::string{instead->cure};
    const bool removed = key.last_minor < newest_minor;
    const bool recent = key.first_minor > oldest_minor;
    if (!minor_) {
      if (removed) {
        found_.note("key-version", entry.key_where,
                    fmt::format("{}: only charts up to 1.{} have this key", key.path, key.last_minor), cure);
      } else if (recent) {
        found_.note("key-version", entry.key_where,
                    fmt::format("{}: only charts from 1.{} on have this key", key.path, key.first_minor));
      }
      return removed || recent;
    }
    if (*minor_ > key.last_minor) {
      found_.error(
          "key-removed", entry.key_where,
          fmt::format("{}: removed; 1.{} was the last chart with this key", key.path, key.last_minor), cure);
    } else if (*minor_ < key.first_minor) {
      found_.error("key-too-new", entry.key_where,
                   fmt::format("{}: the chart of 1.{} does not have this key yet; 1.{} is the first",
                               key.path, *minor_, key.first_minor));
    } else if (instead != nullptr && instead->deprecated != 0 && *minor_ >= instead->deprecated &&
               !is_ahead(entry, key)) {
      found_.warning("key-deprecated", entry.key_where,
                     fmt::format("{}: deprecated since 1.{}", key.path, instead->deprecated), cure);
    } else {
      return false;
    }
    return true;
  }

  void check_type(const HelmValue& value, const std::string& path, unsigned types) {
    if ((types_of(value) & types) == 0) {
      const bool plain = value.kind == Kind::boolean || value.kind == Kind::number;
      const std::string as =
          plain ? fmt::format("{}, which Helm reads as {}", printable(value.text), name_of(value.kind))
                : std::string{name_of(value.kind)};
      const bool quote = plain && (types & ChartKey::text) != 0;
      found_.error("wrong-type", value.where,
                   fmt::format("{}: the chart wants {}, and this is {}", path, wanted(types), as),
                   quote                        ? "Put it in quotes."
                   : value.kind == Kind::string ? "Take it out of its quotes."
                                                : "");
    } else if (value.kind == Kind::number && (types & ChartKey::integer) != 0) {
      check_notation(value, path);
    }
  }

  // 010 is 8, and 008 is 8 as well; 0x10 is 16.
  void check_notation(const HelmValue& value, const std::string& path) {
    const std::string plain = fmt::format("{}", static_cast<long long>(value.number));
    if (value.text == plain) return;
    const std::string_view text{value.text};
    const bool zero = text.size() > 1 && text.front() == '0';
    const char mark = zero ? static_cast<char>(text[1] | 0x20) : '\0';
    const std::size_t digits = std::min(text.find_first_not_of('0'), text.size());
    const bool same = text.substr(digits) == plain;
    if (mark == 'x' || mark == 'b' || mark == 'o') {
      found_.warning("odd-number", value.where,
                     fmt::format("{}: Helm reads {} as {}, {} number", path, value.text, plain,
                                 mark == 'x'   ? "a hexadecimal"
                                 : mark == 'b' ? "a binary"
                                               : "an octal"),
                     fmt::format("Write {}.", plain));
    } else if (same || !zero) {
      found_.warning("odd-number", value.where,
                     fmt::format("{}: Helm reads {} as {}", path, value.text, plain),
                     fmt::format("Write {}.", plain));
    } else {
      found_.error("odd-number", value.where,
                   fmt::format("{}: Helm reads {} as {}, an octal number", path, value.text, plain),
                   "Write it without the leading zero.");
    }
  }

  std::optional<int> minor_;
  Findings& found_;
};

}  // namespace

void check_keys(const MeshValues& mesh, Findings& found) {
  Walk walk{mesh, found};
  for (const ClusterValues& cluster : mesh.clusters) walk.top(cluster);
}

}  // namespace meshdrill::mesh::values
