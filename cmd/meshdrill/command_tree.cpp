#include "command_tree.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

// CLI11 says validators behind the type: "TEXT:{text,json}", "INT:INT in [2 - 20]", and with names for values
// "UINT:value in {1.2->0,1.3->1} OR {0,1}". A colon may be in the type itself: "ADDRESS:PORT".
struct TypeText {
  explicit TypeText(const std::string& text) : type(text) {
    const std::size_t brace = text.find('{');
    const std::size_t range = text.find(" in [");
    if (brace != std::string::npos) {
      read_choices(text.substr(brace + 1, text.find('}', brace) - brace - 1));
    } else if (range != std::string::npos) {
      low_to_high = text.substr(range + 5, text.find(']', range) - range - 5);
      const std::size_t dash = low_to_high.find(" - ");
      if (dash != std::string::npos) low_to_high.replace(dash, 3, " to ");
    } else if (!text.starts_with("INT:") && !text.starts_with("UINT:") && !text.starts_with("FLOAT:")) {
      return;
    }
    type = text.substr(0, text.find(':'));
  }

  void read_choices(const std::string& list) {
    for (std::size_t start = 0; start < list.size();) {
      const std::size_t end = std::min(list.find(',', start), list.size());
      const std::string word = list.substr(start, end - start);
      choices.push_back(word.substr(0, word.find("->")));
      start = end + 1;
    }
  }

  std::string type;
  std::vector<std::string> choices;
  std::string low_to_high;
};

manual::Option option_of(const CLI::Option& from, const std::string& group) {
  manual::Option option;
  option.positional = from.get_positional();
  for (const std::string& name : from.get_snames()) option.names.push_back("-" + name);
  for (const std::string& name : from.get_lnames()) option.names.push_back("--" + name);
  if (option.positional) option.names = {from.get_name(true)};
  option.takes_value = from.get_items_expected_max() > 0;
  option.required = from.get_required();
  option.repeats = from.get_items_expected_max() > 1;
  option.help = from.get_description();
  option.group = group.empty() ? from.get_group() : group;
  option.default_value = from.get_default_str();
  // CLI11 puts the default of a list in brackets.
  if (option.default_value.starts_with('[') && option.default_value.ends_with(']'))
    option.default_value = option.default_value.substr(1, option.default_value.size() - 2);
  if (!option.takes_value) return option;
  TypeText type{from.get_type_name()};
  option.choices = std::move(type.choices);
  option.range = std::move(type.low_to_high);
  option.value = std::move(type.type);
  if (option.value == "INT" || option.value == "UINT" || option.value == "FLOAT") option.value = "NUMBER";
  const bool bare = option.value == "TEXT" || option.value == "ENUM";
  if (bare && (option.positional || !option.choices.empty())) option.value = upper(option.name());
  option.value.erase(0, option.value.find_first_not_of('-'));
  return option;
}

// `group` is the name of an option group, which CLI11 makes a command without a name of its own.
void add_options(const CLI::App& from, const std::string& group, manual::Command& to) {
  for (const CLI::Option* option : from.get_options()) {
    if (!option->get_group().empty()) to.options.push_back(option_of(*option, group));
  }
}

void fill(const CLI::App& from, manual::Command& command) {
  command.summary = from.get_description();
  while (command.summary.ends_with('.')) command.summary.pop_back();
  command.footer = from.get_footer();
  add_options(from, "", command);
  for (const CLI::App* inner : from.get_subcommands([](const CLI::App*) { return true; })) {
    if (inner->get_group().empty()) continue;
    if (inner->get_name().empty()) {
      add_options(*inner, inner->get_group(), command);
      continue;
    }
    manual::Command verb{.name = inner->get_name(), .path = command.path + " " + inner->get_name()};
    fill(*inner, verb);
    command.commands.push_back(std::move(verb));
  }
}

}  // namespace

void tidy_help(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    const manual::Option known = option_of(*option, "");
    if (!known.takes_value) continue;
    std::string text = known.value;
    if (!known.choices.empty()) text = fmt::format("{}", fmt::join(known.choices, "|"));
    if (!known.range.empty()) text += fmt::format(" ({})", known.range);
    if (!known.default_value.empty()) text += fmt::format(" [{}]", known.default_value);
    if (known.repeats) text += " ...";
    if (known.required) text += " REQUIRED";
    option->option_text(text);
  }
  for (CLI::App* inner : app.get_subcommands([](CLI::App*) { return true; })) tidy_help(*inner);
}

manual::Command command_tree(const CLI::App& app) {
  manual::Command root{.name = "meshdrill", .path = "meshdrill"};
  fill(app, root);
  return root;
}

}  // namespace meshdrill::cli
