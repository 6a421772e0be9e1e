#include "mesh/cilium_version.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

constexpr std::array<CiliumMinor, newest_minor - oldest_minor + 1> minors{{
    // minor, clusters_as_map, sans_under_auto, node_port_loops, shared_target_port_loses_backends
    {16, false, false, true, false},
    {17, false, false, true, false},
    {18, false, false, true, true},
    {19, true, false, false, true},
    {20, true, true, false, false},
}};

// Reads a number without sign or leading zero off the front of `text`, and the dot that follows it when
// `dot`.
std::optional<int> take_number(std::string_view& text, bool dot) {
  int value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto length = static_cast<std::size_t>(end - text.data());
  if (status != std::errc{} || text.starts_with('-') || (length > 1 && text.starts_with('0'))) {
    return std::nullopt;
  }
  text.remove_prefix(length);
  if (!dot) return value;
  if (!text.starts_with('.')) return std::nullopt;
  text.remove_prefix(1);
  return value;
}

}  // namespace

Result<CiliumVersion> parse_version(std::string_view text) {
  std::string_view rest = text;
  const auto major = take_number(rest, true);
  const auto minor = major ? take_number(rest, true) : std::nullopt;
  const auto patch = minor ? take_number(rest, false) : std::nullopt;
  const bool tail = rest.empty() || (rest.size() > 1 && rest.starts_with('-'));
  if (!patch || !tail) return fail(fmt::format("\"{}\" is no version such as 1.18.0", text));
  return CiliumVersion{*major, *minor, *patch, std::string{rest.empty() ? rest : rest.substr(1)}};
}

const CiliumMinor* find_minor(const CiliumVersion& version) {
  if (version.major < 1 || (version.major == 1 && version.minor < oldest_minor)) return nullptr;
  if (version.major > 1 || version.minor >= newest_minor) return &minors.back();
  return std::find_if(minors.begin(), minors.end(),
                      [&](const CiliumMinor& row) { return row.minor == version.minor; });
}

const CiliumMinor& minor_of(std::string_view version) {
  return *find_minor(parse_version(version).value());
}

}  // namespace meshdrill::mesh
