// What `status` finds: each by a rule of a table, about one or several clusters.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::status {

enum class Level : std::uint8_t {
  error,    // traffic is lost, or will be when a cluster fails
  unknown,  // it could not be told whether it is right
  warning,  // works, and is likely not what is wanted, or not for long
  note
};

std::string_view to_string(Level level);

// The rungs of a cluster's ladder, from the ground up.
enum class Group : std::uint8_t { settings, agents, apiserver, peers, certificates, services, way_in };

struct Rule {
  std::string_view id;
  Group group;
  Level level;
  std::string_view meaning;  // one sentence for the reference
  std::string_view why;      // why it matters; empty where a finding says so itself
};

// By id. docs/reference/status.md lists the same.
std::span<const Rule> rules();
// nullptr when there is none.
const Rule* find_rule(std::string_view id);

struct Finding {
  std::string rule;
  Level level = Level::error;
  std::string cluster;  // by name; empty: the mesh as a whole
  std::string what;
  std::string why;
  std::string cure;

  bool operator==(const Finding&) const = default;
};

// Collects findings. A rule that the table has not is a mistake of ours, and throws.
class Found {
 public:
  void add(std::string_view rule, std::string cluster, std::string what, std::string cure = {});
  // Of a rule whose weight depends on the case.
  void add(std::string_view rule, Level level, std::string cluster, std::string what, std::string cure = {});

  [[nodiscard]] bool has(std::string_view rule, std::string_view cluster) const;
  // Whether the cluster's own name is wrong: whatever is keyed by it is then wrong as well, and not said
  // again.
  [[nodiscard]] bool misnamed(std::string_view cluster) const;
  // By level, then by cluster, then in the order in which they were found.
  std::vector<Finding> take();

 private:
  std::vector<Finding> found_;
};

}  // namespace meshdrill::status
