#include "base/document.hpp"

#include "base/document_parts.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <sstream>
#include <unordered_map>

#include <fmt/format.h>
#include <yaml-cpp/anchor.h>
#include <yaml-cpp/emitterstyle.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

namespace meshdrill {
namespace {

// Builds our nodes from yaml-cpp's event stream rather than from its nodes: the events still know about
// duplicate keys, quotes and anchors.
class Builder : public YAML::EventHandler {
 public:
  // `size` is the document's, in bytes.
  Builder(const FileName& file, const DocumentLimits& limits, std::size_t size)
      : file_(file), limits_(limits), most_nodes_(std::max(limits.nodes, size / shortest_value)) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(make(Node::Kind::null, mark), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      throw YAML::ParserException(mark, "an alias refers to the value that contains it");
    }
    const Anchor* known = &found->second;
    repeat(known->nodes, known->bytes, mark);
    add(known->node, YAML::NullAnchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_tag(mark, tag);
    Node node = make(Node::Kind::scalar, mark);
    count(0, value.size(), mark);
    node.scalar = value;
    node.quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    // The parser reports "~", "null" and "" through here only when they carry a tag or quotes.
    add(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check_tag(mark, tag);
    open(make(Node::Kind::sequence, mark), anchor, mark);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check_tag(mark, tag);
    open(make(Node::Kind::map, mark), anchor, mark);
  }
  void OnMapEnd() override { close(); }

  Diagnostics diagnostics;
  Node root;

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor = YAML::NullAnchor;
    YAML::Mark mark;
    std::size_t nodes_before = 0;
    std::size_t bytes_before = 0;
    bool has_key = false;
    Node::Entry entry;
    std::unordered_map<std::string, int> key_lines;
  };
  struct Anchor {
    std::size_t nodes = 0;
    std::size_t bytes = 0;
    Node node;
  };

  Location at(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }

  // "?" is what the parser calls a plain value, "!" a quoted one.
  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    constexpr std::string_view standard = "tag:yaml.org,2002:";
    if (tag.empty() || tag == "?" || tag == "!") return;
    const bool known = tag.starts_with(standard) && tag != "tag:yaml.org,2002:binary";
    if (known) return;
    diagnostics.push_back({Severity::error, at(mark),
                           fmt::format("the tag {} is not supported", printable(tag)),
                           "Write the value without a tag."});
  }

  Node make(Node::Kind kind, const YAML::Mark& mark) {
    count(1, 0, mark);
    Node node;
    node.kind = kind;
    node.where = at(mark);
    return node;
  }

  // Counting stops the parse, since a document over the limit is not worth reading to its end.
  void count(std::size_t nodes, std::size_t bytes, const YAML::Mark& mark) {
    nodes_ += nodes;
    bytes_ += bytes;
    if (nodes_ > most_nodes_) {
      throw YAML::ParserException(mark, fmt::format("the document has more than {} values", most_nodes_));
    }
    if (bytes_ > limits_.bytes) {
      throw YAML::ParserException(mark, fmt::format("its aliases repeat more than {} bytes", limits_.bytes));
    }
  }

  // Values that stand in the file once and are there again. Padding a file makes no room for these.
  void repeat(std::size_t nodes, std::size_t bytes, const YAML::Mark& mark) {
    repeated_ += nodes;
    if (repeated_ > limits_.nodes) {
      throw YAML::ParserException(mark, fmt::format("its aliases repeat more than {} values", limits_.nodes));
    }
    count(nodes, bytes, mark);
  }

  void open(Node node, YAML::anchor_t anchor, const YAML::Mark& mark) {
    if (open_.size() >= static_cast<std::size_t>(limits_.depth)) {
      throw YAML::ParserException(mark, fmt::format("values are nested more than {} deep", limits_.depth));
    }
    open_.push_back({std::move(node), anchor, mark, nodes_ - 1, bytes_, false, {}, {}});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    if (done.anchor != YAML::NullAnchor) {
      const std::size_t nodes = nodes_ - done.nodes_before;
      const std::size_t bytes = bytes_ - done.bytes_before;
      // Remembering is a copy, and anchors may stand inside anchors.
      repeat(nodes, bytes, done.mark);
      anchors_.insert_or_assign(done.anchor, Anchor{nodes, bytes, done.node});
    }
    place(std::move(done.node));
  }

  void add(Node node, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) anchors_.insert_or_assign(anchor, Anchor{1, node.scalar.size(), node});
    place(std::move(node));
  }

  // Puts a finished value where it belongs: the root, the open sequence, or the open map as key or value.
  void place(Node node) {
    if (open_.empty()) {
      root = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == Node::Kind::sequence) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.has_key) {
      parent.has_key = true;
      take_key(parent, std::move(node));
    } else {
      parent.has_key = false;
      parent.entry.value = std::move(node);
      parent.node.entries.push_back(std::move(parent.entry));
      parent.entry = {};
    }
  }

  void take_key(Open& parent, Node key) {
    if (key.kind != Node::Kind::scalar) {
      diagnostics.push_back({Severity::error, key.where, "a key must be a plain word or a string", {}});
    } else if (const auto [earlier, fresh] = parent.key_lines.emplace(key.scalar, key.where.line); !fresh) {
      diagnostics.push_back({Severity::error, key.where,
                             fmt::format("the key \"{}\" stands here twice", printable(key.scalar)),
                             fmt::format("The first one is on line {}; keep one.", earlier->second)});
    }
    if (key.scalar == "<<" && !key.quoted && !limits_.merge_keys) {
      diagnostics.push_back(
          {Severity::error, key.where, "merge keys (<<) are not supported", "Write the keys out."});
    }
    parent.entry.key = std::move(key.scalar);
    parent.entry.key_quoted = key.quoted;
    parent.entry.key_where = std::move(key.where);
  }

  const FileName& file_;
  const DocumentLimits& limits_;
  const std::size_t most_nodes_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, Anchor> anchors_;
  std::size_t nodes_ = 0;
  std::size_t repeated_ = 0;
  std::size_t bytes_ = 0;
};

// Where the byte at `offset` stands; columns count characters.
Location place_of(std::string_view text, std::size_t offset, const FileName& file) {
  Location where{file, 1, 1};
  for (const char c : text.substr(0, offset)) {
    const bool continues = (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
    if (c == '\n') {
      ++where.line;
      where.column = 1;
    } else if (!continues) {
      ++where.column;
    }
  }
  return where;
}

Diagnostics one_error(Location where, std::string what, std::string cure = {}) {
  return {{Severity::error, std::move(where), std::move(what), std::move(cure)}};
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Checked<Node> read_any_yaml(std::string_view text, const FileName& file, const DocumentLimits& limits) {
  std::istringstream stream{std::string{text}};
  Builder builder{file, limits, text.size()};
  try {
    YAML::Parser parser{stream};
    if (!parser.HandleNextDocument(builder))
      return tl::unexpected(one_error({file, 1, 1}, "the file is empty"));
    Builder second{file, limits, text.size()};
    if (parser.HandleNextDocument(second)) {
      return tl::unexpected(one_error(second.root.where, "the file holds more than one YAML document",
                                      "Keep one document; the \"---\" before this line starts another."));
    }
  } catch (const YAML::Exception& exception) {
    return tl::unexpected(one_error({file, exception.mark.line + 1, exception.mark.column + 1},
                                    fmt::format("this is not valid YAML: {}", exception.msg)));
  }
  if (!builder.diagnostics.empty()) return tl::unexpected(std::move(builder.diagnostics));
  return std::move(builder.root);
}

Checked<Node> parse_document(std::string_view text, const FileName& file, const DocumentLimits& limits) {
  if (text.size() > limits.bytes) {
    return tl::unexpected(
        one_error({file, 1, 1}, fmt::format("the file is larger than {} bytes", limits.bytes)));
  }
  if (const auto wrong = find_non_text(text)) {
    return tl::unexpected(one_error(place_of(text, wrong->offset, file),
                                    fmt::format("the file is not text in UTF-8: {}", wrong->what)));
  }
  if (auto simple = read_simple_yaml(text, file, limits)) return std::move(*simple);
  return read_any_yaml(text, file, limits);
}

Checked<Node> read_document(const std::string& path, const DocumentLimits& limits) {
  const Result<std::string> text = read_file(path, limits.bytes);
  if (!text) {
    std::error_code unknown;
    const auto size = std::filesystem::file_size(path, unknown);
    const int start = !unknown && size > limits.bytes ? 1 : 0;  // of a file that is there, but was not read
    return tl::unexpected(one_error({path, start, start}, text.error().message));
  }
  return parse_document(*text, path, limits);
}

}  // namespace meshdrill
