#include "kube/kubeconfig_reader.hpp"

#include "base/base64.hpp"
#include "base/files.hpp"
#include "base/yaml11.hpp"

#include <utility>

#include <fmt/format.h>

namespace meshdrill::kube {

namespace {

constexpr std::size_t file_limit = std::size_t{1} << 20;

void report(Diagnostics& problems, const Location& where, std::string what, std::string cure) {
  problems.push_back(Diagnostic{
      .severity = Severity::error, .where = where, .what = std::move(what), .cure = std::move(cure)});
}

}  // namespace

std::optional<std::string> read_plain_string(const Node& node, std::string_view name, Diagnostics& problems) {
  if (node.kind == Node::Kind::null) return std::string();
  if (node.kind != Node::Kind::scalar) {
    report(problems, node.where, fmt::format("{} must be a string", name), {});
    return std::nullopt;
  }
  using Type = Yaml11Scalar::Type;
  const Type type = node.quoted ? Type::string : resolve_yaml11(node.scalar).type;
  if (type == Type::string || type == Type::null) return node.scalar;
  report(problems, node.where,
         fmt::format("{} must be a string, and kubectl reads this as a {}", name,
                     type == Type::boolean ? "boolean" : "number"),
         "put it in quotes");
  return std::nullopt;
}

KubeconfigReader::KubeconfigReader(const Node& map, std::filesystem::path folder, Diagnostics& problems)
    : map_(map), folder_(std::move(folder)), problems_(problems) {}

std::string KubeconfigReader::string(std::string_view key) {
  const Node* node = map_.find(key);
  if (node == nullptr) return {};
  return read_plain_string(*node, key, problems_).value_or(std::string());
}

bool KubeconfigReader::boolean(std::string_view key) {
  const Node* node = map_.find(key);
  if (node == nullptr || node->kind == Node::Kind::null) return false;
  const bool plain = node->kind == Node::Kind::scalar && !node->quoted;
  const Yaml11Scalar value = plain ? resolve_yaml11(node->scalar) : Yaml11Scalar{};
  if (value.type != Yaml11Scalar::Type::boolean) {
    problem(key, fmt::format("{} must be true or false, without quotes", key));
  }
  return value.boolean;
}

std::filesystem::path KubeconfigReader::path(std::string_view key) {
  const std::string given = string(key);
  if (given.empty()) return {};
  return (folder_ / given).lexically_normal();
}

std::string KubeconfigReader::data_or_file(const std::string& key) {
  const std::string data_key = key + "-data";
  if (const std::string data = string(data_key); !data.empty()) {
    auto decoded = decode_base64(data);
    if (!decoded) problem(data_key, data_key + " is not base64");
    return std::move(decoded).value_or(std::string());
  }
  const std::filesystem::path file = path(key);
  if (file.empty()) return {};
  auto content = read_file(file, file_limit);
  if (!content) problem(key, fmt::format("{}: {}", key, content.error().message));
  if (content && content->empty()) problem(key, fmt::format("{}: {} is empty", key, file.string()));
  return std::move(content).value_or(std::string());
}

bool KubeconfigReader::has(std::string_view key) const {
  const Node* node = map_.find(key);
  if (node == nullptr) return false;
  switch (node->kind) {
    case Node::Kind::null:
      return false;
    case Node::Kind::scalar:
      return !node->scalar.empty();
    case Node::Kind::sequence:
      return !node->items.empty();
    case Node::Kind::map:
      return true;
  }
  return true;
}

void KubeconfigReader::problem(std::string_view key, std::string what, std::string cure) {
  const Node* node = map_.find(key);
  report(problems_, node == nullptr ? map_.where : node->where, std::move(what), std::move(cure));
}

}  // namespace meshdrill::kube
