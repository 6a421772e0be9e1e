#include "kube/node_json.hpp"

#include "base/yaml11.hpp"

#include <cmath>
#include <cstdint>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace meshdrill::kube {

namespace json = boost::json;

namespace {

json::value scalar(const Node& node) {
  if (node.quoted) return json::value(node.scalar);
  const Yaml11Scalar plain = resolve_yaml11(node.scalar);
  switch (plain.type) {
    case Yaml11Scalar::Type::string:
      return json::value(node.scalar);
    case Yaml11Scalar::Type::boolean:
      return plain.boolean;
    case Yaml11Scalar::Type::null:
      return nullptr;
    case Yaml11Scalar::Type::number:
      break;
  }
  const bool whole = std::trunc(plain.number) == plain.number && std::abs(plain.number) < 1e15;
  if (whole) return static_cast<std::int64_t>(plain.number);
  return plain.number;
}

}  // namespace

json::value to_json(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return nullptr;
    case Node::Kind::scalar:
      return scalar(node);
    case Node::Kind::sequence: {
      json::array list;
      for (const Node& item : node.items) list.push_back(to_json(item));
      return list;
    }
    case Node::Kind::map: {
      json::object map;
      for (const auto& entry : node.entries) map[entry.key] = to_json(entry.value);
      return map;
    }
  }
  return nullptr;
}

}  // namespace meshdrill::kube
