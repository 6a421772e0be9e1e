// Turns a map of a document into typed values, collecting a diagnostic for each thing that is wrong: wrong
// type, out of range, missing, unknown key. A reader asks for every key that it knows and then calls
// finish().
#pragma once

#include "base/document.hpp"
#include "base/duration.hpp"
#include "base/ip_prefix.hpp"
#include "base/key_shape.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill {

class MapReader {
 public:
  // `node` must outlive the reader. `path` is how messages name this map ("clusters[0].ingress"; empty at the
  // top). A node that is no map is reported once and read as empty.
  MapReader(const Node& node, std::string path, Diagnostics& diagnostics);
  // For recording: notes in `shape` what it is asked for, and finds nothing. Readers are run through one by
  // record_shape().
  MapReader(KeyShape& shape, Diagnostics& diagnostics);

  // The value under `key` without a type, or nullptr when absent or null. Marks the key as known.
  const Node* find(std::string_view key);
  // The same, and reports it when absent.
  const Node* require(std::string_view key);

  // Each returns nullopt when the key is absent, null, or of the wrong type; the last is reported.
  std::optional<std::string> string(std::string_view key);
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t minimum, std::int64_t maximum);
  std::optional<bool> boolean(std::string_view key);
  std::optional<Duration> duration(std::string_view key);
  std::optional<std::vector<std::string>> strings(std::string_view key);
  // One of `allowed`; the message lists them.
  std::optional<std::string> choice(std::string_view key, const std::vector<std::string_view>& allowed);

  // Calls `read` with a reader for the map under `key`, and finishes that reader. False when it is absent.
  bool section(std::string_view key, const std::function<void(MapReader&)>& read);
  // The same for each map of the list under `key`. False when it is absent or no list; the last is reported.
  bool items(std::string_view key, const std::function<void(MapReader&)>& read);
  // The same for each value of the map under `key`, whose keys are names of the user's own.
  bool named_sections(std::string_view key,
                      const std::function<void(const std::string& name, MapReader&)>& read);

  // Notes what kind of value stands under `key`, for readers that parse it themselves. Does nothing but when
  // recording.
  void note(std::string_view key, ValueKind kind, std::string_view pattern = {});

  // Notes that under `key` this word may stand instead of what was noted.
  void note_word(std::string_view key, std::string_view word);
  // Whether this one records. Where a key tells which others there are, a reader then asks for all.
  [[nodiscard]] bool recording() const { return shape_ != nullptr; }

  // Reports every key that was never asked for, with the nearest known one as a hint.
  void finish();

  // Adds an error at `node`; the message is prefixed with the path of `key`. `rule` is what check calls it.
  void error(const Node& node, std::string_view key, std::string what, std::string cure = {},
             std::string_view rule = "wrong-value");

  // "clusters[0].name": how messages name `key` of this map.
  [[nodiscard]] std::string path_of(std::string_view key) const;
  [[nodiscard]] const Node& node() const { return node_; }
  [[nodiscard]] Diagnostics& diagnostics() { return diagnostics_; }

 private:
  void note_keys(std::string_view key, ValueKind kind, const std::function<void(MapReader&)>& read);

  const Node& node_;
  std::string path_;
  Diagnostics& diagnostics_;
  std::vector<std::string> known_;
  KeyShape* shape_ = nullptr;  // when recording
};

// What `read` asks of a map, with all maps inside of it.
KeyShape record_shape(const std::function<void(MapReader&)>& read);

// Scalars as this product reads them: integers are plain decimal (a leading zero is refused, because YAML 1.1
// readers take 010 for 8), booleans are true or false only. Both demand an unquoted scalar.
Result<std::int64_t> read_integer(const Node& node, std::int64_t minimum, std::int64_t maximum);
Result<bool> read_boolean(const Node& node);
Result<std::string> read_string(const Node& node);

}  // namespace meshdrill
