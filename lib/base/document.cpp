#include "base/document.hpp"

#include "base/files.hpp"

#include <algorithm>
#include <sstream>

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
  Builder(const std::string& file, const DocumentLimits& limits) : file_(file), limits_(limits) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(make(Node::Kind::null, mark), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = std::find_if(anchors_.begin(), anchors_.end(),
                                    [&](const Anchor& a) { return a.id == anchor && a.complete; });
    if (known == anchors_.end()) return error(mark, "an alias refers to the value that contains it");
    count(known->nodes, mark);
    add(known->node, YAML::NullAnchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = make(Node::Kind::scalar, mark);
    node.scalar = value;
    node.quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    // The parser reports "~", "null" and "" through here only when they carry a tag or quotes.
    add(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(make(Node::Kind::sequence, mark), anchor, mark);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(make(Node::Kind::map, mark), anchor, mark);
  }
  void OnMapEnd() override { close(); }

  Diagnostics diagnostics;
  Node root;

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor = YAML::NullAnchor;
    std::size_t nodes_before = 0;
    bool has_key = false;
    Node::Entry entry;
  };
  struct Anchor {
    YAML::anchor_t id = YAML::NullAnchor;
    bool complete = false;
    std::size_t nodes = 0;
    Node node;
  };

  Location at(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }

  void error(const YAML::Mark& mark, std::string what) {
    diagnostics.push_back({Severity::error, at(mark), std::move(what), {}});
  }

  Node make(Node::Kind kind, const YAML::Mark& mark) {
    count(1, mark);
    Node node;
    node.kind = kind;
    node.where = at(mark);
    return node;
  }

  // Counting stops the parse, since a document over the limit is not worth reading to its end.
  void count(std::size_t nodes, const YAML::Mark& mark) {
    nodes_ += nodes;
    if (nodes_ > limits_.nodes) {
      throw YAML::ParserException(mark, fmt::format("the document has more than {} values", limits_.nodes));
    }
  }

  void open(Node node, YAML::anchor_t anchor, const YAML::Mark& mark) {
    if (open_.size() >= static_cast<std::size_t>(limits_.depth)) {
      throw YAML::ParserException(mark, fmt::format("values are nested more than {} deep", limits_.depth));
    }
    open_.push_back({std::move(node), anchor, nodes_ - 1, false, {}});
    if (anchor != YAML::NullAnchor) anchors_.push_back({anchor, false, 0, {}});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    if (done.anchor != YAML::NullAnchor) remember(done.anchor, done.node, nodes_ - done.nodes_before);
    place(std::move(done.node));
  }

  void add(Node node, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      anchors_.push_back({anchor, false, 0, {}});
      remember(anchor, node, 1);
    }
    place(std::move(node));
  }

  void remember(YAML::anchor_t anchor, const Node& node, std::size_t nodes) {
    for (Anchor& known : anchors_) {
      if (known.id == anchor) known = {anchor, true, nodes, node};
    }
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
    }
    if (const Node* earlier = parent.node.find(key.scalar);
        earlier != nullptr && key.kind == Node::Kind::scalar) {
      diagnostics.push_back(
          {Severity::error, key.where, fmt::format("the key \"{}\" stands here twice", key.scalar),
           fmt::format("The first one's value is on line {}; keep one.", earlier->where.line)});
    }
    if (key.scalar == "<<" && !key.quoted) {
      diagnostics.push_back(
          {Severity::error, key.where, "merge keys (<<) are not supported", "Write the keys out."});
    }
    parent.entry.key = std::move(key.scalar);
    parent.entry.key_where = std::move(key.where);
  }

  const std::string& file_;
  const DocumentLimits& limits_;
  std::vector<Open> open_;
  std::vector<Anchor> anchors_;
  std::size_t nodes_ = 0;
};

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

Checked<Node> parse_document(std::string_view text, const std::string& file, const DocumentLimits& limits) {
  if (text.size() > limits.bytes) {
    return tl::unexpected(
        one_error({file, 0, 0}, fmt::format("the file is larger than {} bytes", limits.bytes)));
  }
  std::istringstream stream{std::string{text}};
  Builder builder{file, limits};
  try {
    YAML::Parser parser{stream};
    if (!parser.HandleNextDocument(builder))
      return tl::unexpected(one_error({file, 0, 0}, "the file is empty"));
    Builder second{file, limits};
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

Checked<Node> read_document(const std::string& path, const DocumentLimits& limits) {
  const Result<std::string> text = read_file(path, limits.bytes);
  if (!text) return tl::unexpected(one_error({}, text.error().message));
  return parse_document(*text, path, limits);
}

}  // namespace meshdrill
