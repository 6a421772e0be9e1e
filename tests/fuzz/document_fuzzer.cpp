#include "base/document.hpp"
#include "base/document_parts.hpp"
#include "base/utf8.hpp"
#include "fuzz.hpp"

#include <algorithm>

using namespace meshdrill;

namespace {

std::size_t count(const Node& node, int depth, int limit) {
  fuzz::demand(depth <= limit, "values are not nested deeper than the limit");
  std::size_t nodes = 1;
  for (const Node& item : node.items) nodes += count(item, depth + 1, limit);
  for (const Node::Entry& entry : node.entries) nodes += count(entry.value, depth + 1, limit);
  return nodes;
}

bool same(const Node& a, const Node& b) {
  const auto same_entry = [](const Node::Entry& one, const Node::Entry& other) {
    return one.key == other.key && one.key_quoted == other.key_quoted && one.key_where == other.key_where &&
           same(one.value, other.value);
  };
  return a.kind == b.kind && a.where == b.where && a.scalar == b.scalar && a.quoted == b.quoted &&
         std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), same) &&
         std::equal(a.entries.begin(), a.entries.end(), b.entries.begin(), b.entries.end(), same_entry);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  for (const bool merge_keys : {false, true}) {
    const DocumentLimits limits{.merge_keys = merge_keys};
    const auto document = parse_document(text, "f.yaml", limits);
    if (!document) {
      fuzz::demand_sound(document.error(), true);
      continue;
    }
    fuzz::demand(!find_non_text(text), "only text is read");
    const auto with_yaml_cpp = read_any_yaml(text, "f.yaml", limits);
    fuzz::demand(with_yaml_cpp && same(*document, *with_yaml_cpp), "both readers read the same");
    // A scalar below the innermost of 32 is the 33rd level.
    fuzz::demand(count(*document, 0, limits.depth) <= limits.nodes,
                 "the document has no more values than allowed");
  }
  return 0;
}
