#include "base/document_parts.hpp"
#include "base/line_cursor.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace meshdrill {
namespace {

constexpr std::string_view letters_and_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

using Bytes = std::array<bool, 256>;

constexpr Bytes bytes(std::string_view more) {
  Bytes set{};
  for (const char c : letters_and_digits) set[static_cast<unsigned char>(c)] = true;
  for (const char c : more) set[static_cast<unsigned char>(c)] = true;
  return set;
}

// None of these has a meaning of its own in YAML where it is let through.
constexpr Bytes key_start = bytes("_/");
constexpr Bytes key_inside = bytes("_/.-");
constexpr Bytes word_start = bytes("_/.+-");
constexpr Bytes word_inside = bytes("_/.+-=@~();:");

constexpr bool in(const Bytes& set, char c) {
  return set[static_cast<unsigned char>(c)];
}

bool is_null(std::string_view plain) {
  return plain == "~" || plain == "null" || plain == "Null" || plain == "NULL";
}

// What most maps hold: room for these is made at once.
constexpr std::size_t few = 4;

// Reads by recursive descent, from where the lines stand. Every function is false when the text is not
// simple.
class SimpleReader : private LineCursor {
 public:
  SimpleReader(std::string_view text, const FileName& file, const DocumentLimits& limits)
      : LineCursor(text, file),
        limits_(limits),
        most_nodes_(std::max(limits.nodes, text.size() / shortest_value)) {}

  bool document(Node& root) {
    next_line();
    if (!at_end() && rest() == "---") next_line();
    return !at_end() && indent_ == 0 && block(root) && at_end();
  }

 private:
  // Gives `node` its place, and counts it as read_any_yaml() does.
  bool begin(Node& node, Node::Kind kind) {
    node.kind = kind;
    place(node.where);
    return ++nodes_ <= most_nodes_;
  }

  bool block(Node& node) { return is_dash() ? sequence(node, column()) : map(node, column()); }
  bool sequence(Node& node, std::size_t column);
  bool map(Node& node, std::size_t column);
  bool map_value(Node& node, std::size_t column);
  bool line_value(Node& node, bool flow);
  bool quoted(std::string& to);
  bool plain(std::string& to, bool flow);
  bool flow_items(Node& node);
  bool flow_entries(Node& node);

  // The text of a key, up to its colon. It may be looked for where there is none.
  bool key(Node::Entry& entry) {
    const char first = peek();
    place(entry.key_where);
    entry.key_quoted = first == '"' || first == '\'';
    if (entry.key_quoted) {
      if (!quoted(entry.key)) return false;
    } else {
      if (!in(key_start, first)) return false;
      const std::size_t from = at_;
      while (in(key_inside, peek())) ++at_;
      entry.key = text_.substr(from, at_ - from);
      if (is_null(entry.key)) return false;
    }
    constexpr std::size_t longest = 512;  // YAML's own limit is 1024
    return peek() == ':' && (peek(1) == ' ' || peek(1) == '\n') && entry.key.size() <= longest;
  }
  bool is_key_ahead() {
    const std::size_t before = at_;
    Node::Entry entry;
    const bool found = key(entry);
    at_ = before;
    return found;
  }

  // Adds the entry unless its key is there already.
  struct Keys {
    std::unordered_set<std::string> many;
    bool add(const Node& map, const std::string& key) {
      constexpr std::size_t searched = 8;
      if (map.entries.size() < searched) {
        return std::none_of(map.entries.begin(), map.entries.end(),
                            [&](const Node::Entry& known) { return known.key == key; });
      }
      if (many.empty()) {
        for (const Node::Entry& known : map.entries) many.insert(known.key);
      }
      return many.insert(key).second;
    }
  };

  const DocumentLimits& limits_;
  const std::size_t most_nodes_;
  int depth_ = 0;
  std::size_t nodes_ = 0;
};

bool SimpleReader::sequence(Node& node, std::size_t column) {
  if (!begin(node, Node::Kind::sequence) || ++depth_ > limits_.depth) return false;
  while (true) {
    ++at_;
    skip_spaces();
    if (is_dash()) return false;
    Node& item = node.items.emplace_back();
    if (is_key_ahead()) {
      if (!map(item, this->column())) return false;
    } else {
      if (!line_value(item, false) || !line_is_done()) return false;
      next_line();
    }
    if (at_end() || indent_ < column || (indent_ == column && !is_dash())) break;
    if (indent_ > column) return false;
  }
  --depth_;
  return true;
}

bool SimpleReader::map(Node& node, std::size_t column) {
  if (!begin(node, Node::Kind::map) || ++depth_ > limits_.depth) return false;
  node.entries.reserve(few);
  Keys keys;
  while (true) {
    Node::Entry entry;
    if (!key(entry) || !keys.add(node, entry.key) || ++nodes_ > most_nodes_) return false;
    ++at_;
    node.entries.push_back(std::move(entry));
    if (!map_value(node.entries.back().value, column)) return false;
    if (at_end() || indent_ < column || (indent_ == column && is_dash())) break;
    if (indent_ > column) return false;
  }
  --depth_;
  return true;
}

// What follows "key:", in the same line or below it, and the step to the line after.
bool SimpleReader::map_value(Node& node, std::size_t column) {
  if (!line_is_done()) {
    if (!line_value(node, false) || !line_is_done()) return false;
    next_line();
    return true;
  }
  next_line();
  // Nothing at all is null, whose place only yaml-cpp knows.
  if (at_end() || indent_ < column || (indent_ == column && !is_dash())) return false;
  return block(node);
}

bool SimpleReader::line_value(Node& node, bool flow) {
  const char first = peek();
  if (first == '[') return flow_items(node);
  if (first == '{') return flow_entries(node);
  if (!begin(node, Node::Kind::scalar)) return false;
  node.quoted = first == '"' || first == '\'';
  if (node.quoted) return quoted(node.scalar);
  if (first == '~') {
    node.scalar = first;
    ++at_;
  } else if (!plain(node.scalar, flow)) {
    return false;
  }
  if (is_null(node.scalar)) {
    node.kind = Node::Kind::null;
    node.scalar.clear();
  }
  return true;
}

bool SimpleReader::quoted(std::string& to) {
  const char mark = peek();
  const std::size_t from = at_ + 1;
  const std::size_t end = text_.substr(0, line_end_).find(mark, from);
  if (end == std::string_view::npos) return false;
  to = text_.substr(from, end - from);
  at_ = end + 1;
  const bool simple =
      std::all_of(to.begin(), to.end(), [](char c) { return c >= ' ' && c < 0x7f && c != '\\'; });
  return simple && peek() != mark;
}

// In blocks several words are one value; in flow collections that is left to yaml-cpp.
bool SimpleReader::plain(std::string& to, bool flow) {
  if (!in(word_start, peek()) || is_dash() || (peek() == '-' && peek(1) == '\n')) return false;
  const std::size_t from = at_;
  while (true) {
    while (in(word_inside, peek()) || (!flow && peek() == ',')) ++at_;
    if (peek() != ' ' || flow) break;
    // Blanks between two words; before a comment or the end of the line they are none of the value's.
    std::size_t blanks = 1;
    while (peek(blanks) == ' ') ++blanks;
    const char next = peek(blanks);
    if (next == '\n' || next == '#') break;
    if (!in(word_start, next) || text_[at_ - 1] == ':') return false;
    at_ += blanks;
  }
  to = text_.substr(from, at_ - from);
  return to.back() != ':' && (!flow || to.front() != '-' || to.size() > 1);
}

bool SimpleReader::flow_items(Node& node) {
  if (!begin(node, Node::Kind::sequence) || ++depth_ > limits_.depth) return false;
  ++at_;
  skip_spaces();
  while (peek() != ']') {
    if (!line_value(node.items.emplace_back(), true)) return false;
    skip_spaces();
    if (peek() == ']') break;
    if (peek() != ',') return false;
    ++at_;
    skip_spaces();
    if (peek() == ']') return false;
  }
  ++at_;
  --depth_;
  return true;
}

bool SimpleReader::flow_entries(Node& node) {
  if (!begin(node, Node::Kind::map) || ++depth_ > limits_.depth) return false;
  ++at_;
  skip_spaces();
  Keys keys;
  while (peek() != '}') {
    Node::Entry entry;
    if (!key(entry) || peek(1) != ' ' || !keys.add(node, entry.key) || ++nodes_ > most_nodes_) return false;
    ++at_;
    skip_spaces();
    node.entries.push_back(std::move(entry));
    if (!line_value(node.entries.back().value, true)) return false;
    skip_spaces();
    if (peek() == '}') break;
    if (peek() != ',') return false;
    ++at_;
    skip_spaces();
    if (peek() == '}') return false;
  }
  ++at_;
  --depth_;
  return true;
}

}  // namespace

std::optional<Node> read_simple_yaml(std::string_view text, const FileName& file,
                                     const DocumentLimits& limits) {
  Node root;
  if (SimpleReader{text, file, limits}.document(root)) return root;
  return std::nullopt;
}

}  // namespace meshdrill
