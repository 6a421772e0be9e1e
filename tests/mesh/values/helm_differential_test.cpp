// Holds our reading of values files against helm's own: `helm template` of a chart that prints its values.
#include "base/files.hpp"
#include "base/text.hpp"
#include "mesh/values/helm_value.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace meshdrill;
using namespace meshdrill::mesh::values;
namespace json = boost::json;

namespace {

struct Output {
  std::string text;
  bool good = false;
};

Output output_of(const std::string& command) {
  Output output;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return output;
  std::string buffer(4096, '\0');
  for (std::size_t count = 0; (count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    output.text.append(buffer, 0, count);
  output.good = ::pclose(pipe) == 0;
  return output;
}

// Where `./dev setup` keeps a real helm.
std::filesystem::path cached(std::string_view version) {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  const std::filesystem::path folder = cache != nullptr && *cache != '\0'
                                           ? std::filesystem::path{cache}
                                           : std::filesystem::path{home == nullptr ? "" : home} / ".cache";
  return folder / "meshdrill" / fmt::format("helm-{}", version) / "helm";
}

// A chart that prints its values as JSON, and a helm to render it with.
class Helm {
 public:
  explicit Helm(std::string_view version) : folder_(make_temporary_folder("meshdrill-helm").value()) {
    const std::filesystem::path helm = cached(version);
    if (!std::filesystem::exists(helm)) return;
    program_ = helm.string();
    std::filesystem::create_directories(folder_ / "templates");
    write("Chart.yaml", "apiVersion: v2\nname: probe\nversion: 0.1.0\n");
    write("templates/values.yaml", "values: {{ .Values | toJson | b64enc }}\n");
  }
  ~Helm() { std::filesystem::remove_all(folder_); }
  Helm(const Helm&) = delete;
  Helm& operator=(const Helm&) = delete;

  [[nodiscard]] bool here() const { return !program_.empty(); }

  std::string write(const std::string& name, std::string_view text) const {
    REQUIRE(write_file(folder_ / name, text));
    return (folder_ / name).string();
  }

  // What helm makes of the files; nothing when it refuses them.
  std::optional<json::value> values(const std::vector<std::string>& texts) const {
    std::string command =
        fmt::format("{} template x {}", shell_quote(program_), shell_quote(folder_.string()));
    for (std::size_t i = 0; i < texts.size(); ++i) {
      command += " -f " + shell_quote(write(fmt::format("v{}.yaml", i), texts[i]));
    }
    const Output output = output_of(command + " 2>/dev/null | sed -n 's/^values: //p' | base64 -d");
    if (output.text.empty()) return std::nullopt;
    return json::parse(output.text);
  }

 private:
  std::filesystem::path folder_;
  std::string program_;
};

// Ours in the same form: keys in order and numbers written alike.
json::value normal(const json::value& value) {
  if (value.is_number()) return value.to_number<double>();
  if (const auto* list = value.if_array()) {
    json::array items;
    for (const json::value& item : *list) items.push_back(normal(item));
    return items;
  }
  if (!value.is_object()) return value;
  json::object entries;
  for (const auto& [key, item] : value.as_object()) entries[key] = normal(item);
  return entries;
}

std::optional<json::value> ours(const std::vector<std::string>& texts) {
  HelmValue merged;
  for (const std::string& text : texts) {
    const auto read = read_helm_values_text(text, "v.yaml");
    if (!read) return std::nullopt;
    merge_values(merged, read->values);
  }
  return normal(to_json(merged));
}

void compare(const Helm& helm, const std::vector<std::string>& texts) {
  const auto theirs = helm.values(texts);
  const auto mine = ours(texts);
  const std::string shown = fmt::format("{}", fmt::join(texts, "\n---\n"));
  REQUIRE_MESSAGE(theirs.has_value() == mine.has_value(), shown);
  // Equality of objects does not depend on the order of their keys.
  if (theirs)
    CHECK_MESSAGE(normal(*theirs) == *mine, shown, "\nhelm: ", json::serialize(*theirs),
                  "\nours: ", json::serialize(*mine));
}

// A list of plain scalars made of what numbers, booleans and dates are made of.
std::string random_scalars(std::mt19937& random) {
  constexpr std::string_view parts[] = {"0",  "1",    "7",    "8",   "9",   "00", "0x", "0b", "0o",
                                        "_",  ".",    "e",    "E",   "+",   "-",  "f",  "no", "Yes",
                                        "on", "true", "null", "inf", "nan", ":",  "12"};
  std::uniform_int_distribution<std::size_t> part{0, std::size(parts) - 1}, length{1, 5};
  std::string text = "v:\n";
  for (int i = 0; i < 1500; ++i) {
    std::string scalar;
    for (std::size_t k = length(random); k > 0; --k) scalar += parts[part(random)];
    const bool syntax = scalar.back() == ':' || scalar == "-" || scalar == ".inf" ||
                        scalar.find(".nan") == 0 || scalar.front() == ':' || scalar == "+.inf" ||
                        scalar == "-.inf" || scalar == "---";
    if (!syntax) text += "- " + scalar + "\n";
  }
  return text;
}

const std::vector<std::vector<std::string>> samples{
    {"id: 010\nb: [y, No, ON, off, yEs]\nn: [~, Null, nULL]\nd: [2024-01-01, 12:30, 1:30:00]\n"},
    {"k: {1: a, 010: b, yes: c, 1.5: e, 011: g, 2024-01-01: h}\n"},
    {"base: &b {x: 1, y: 2}\nm: {<<: *b, x: 5}\nn: {x: 5, <<: *b}\no: {<<: [*b, {x: 9, z: 1}]}\n"},
    {"t: !!str 010\nu: !!int 3\nv: |\n  010\nw: >\n  a\n  b\nx: 'no'\ny: plain\n  text # comment\n"},
    {"a: {x: 1, l: [1, 2], n: {m: 1}}\n", "a: {x: 2, l: [3], n: {k: 1}}\nb: ~\n"},
    {"a: {x: 1}\n", "a: 1\n"},
    {"a: {x: 1}\n", "a: ~\n"},
    {"# nothing\n---\na: \"\\u00e4 \\x41\\n\"\n"},
    {"a: .inf\n"},
    {"a: .nan\n"},
    {"- a\n"},
    {"a: \"\xff\"\n"},
    {"a: [1\n"},
    {"{~: 1}\n"},
};

void compare_with(std::string_view version) {
  const Helm helm{version};
  if (!helm.here()) {
    MESSAGE("SKIPPED: no helm ", version, "; ./dev setup fetches it");
    return;
  }
  for (const auto& texts : samples) compare(helm, texts);
  std::mt19937 random{20260101};
  compare(helm, {random_scalars(random)});
}

}  // namespace

TEST_CASE("values are read as helm 3 reads them") {
  compare_with("3.17.2");
}

TEST_CASE("values are read as helm 4 reads them") {
  compare_with("4.1.4");
}
