#include "manual/complete.hpp"

#include <fmt/format.h>

namespace meshdrill::manual {
namespace {

// Where the words before the last have led.
struct Position {
  const Command* command;
  const Option* pending = nullptr;  // its value comes next
  std::size_t positionals = 0;      // given already
  bool options_over = false;        // behind "--"
};

void step(Position& at, const std::string& word) {
  if (at.pending != nullptr) {
    at.pending = nullptr;
  } else if (!at.options_over && word == "--") {
    at.options_over = true;
  } else if (!at.options_over && word.size() > 1 && word.starts_with('-')) {
    const Option* option = at.command->option(word);  // "--file=x" and "-fx" have their value
    if (option != nullptr && option->takes_value) at.pending = option;
  } else if (const Command* inner = at.command->find(word); inner != nullptr && at.positionals == 0) {
    at = {inner};
  } else {
    ++at.positionals;
  }
}

void offer(Completion& completion, std::string_view start, const std::string& word, const std::string& help) {
  if (word.starts_with(start)) completion.candidates.push_back({word, help});
}

void offer_values(Completion& completion, const Option& option, std::string_view start,
                  const std::vector<Candidate>& known) {
  for (const std::string& choice : option.choices) offer(completion, start, choice, "");
  for (const Candidate& candidate : known) offer(completion, start, candidate.word, candidate.help);
  if (option.value == "FILE") completion.directive = Directive::files;
  if (option.value == "FOLDER") completion.directive = Directive::folders;
}

void offer_options(Completion& completion, const Command& command, std::string_view start) {
  for (const Option& option : command.options) {
    if (option.positional) continue;
    const bool short_ones = start == "-";
    if (!short_ones || option.name().starts_with("--")) offer(completion, start, option.name(), option.help);
    if (option.names.size() > 1 && start.size() == 2)
      offer(completion, start, option.names.front(), option.help);
  }
}

const Option* positional(const Command& command, std::size_t number) {
  const Option* last = nullptr;
  for (const Option& option : command.options) {
    if (!option.positional) continue;
    if (number-- == 0) return &option;
    last = option.repeats ? &option : nullptr;
  }
  return last;
}

}  // namespace

Completion complete(const Command& program, std::span<const std::string> words, const Values& values) {
  Completion completion;
  if (words.empty()) return completion;
  Position at{&program};
  for (const std::string& word : words.first(words.size() - 1)) step(at, word);
  const std::string& last = words.back();
  if (at.pending != nullptr) {
    offer_values(completion, *at.pending, last, values(*at.pending, words));
    return completion;
  }
  if (!at.options_over && last.starts_with('-')) {
    const std::size_t equals = last.find('=');
    if (equals == std::string::npos) {
      offer_options(completion, *at.command, last);
    } else if (const Option* option = at.command->option(last.substr(0, equals));
               option != nullptr && option->takes_value) {
      offer_values(completion, *option, std::string_view{last}.substr(equals + 1), values(*option, words));
    }
    return completion;
  }
  if (at.positionals == 0) {
    for (const Command& inner : at.command->commands) offer(completion, last, inner.name, inner.summary);
  }
  if (const Option* option = positional(*at.command, at.positionals); option != nullptr)
    offer_values(completion, *option, last, values(*option, words));
  return completion;
}

std::string to_text(const Completion& completion) {
  std::string text;
  for (const Candidate& candidate : completion.candidates) {
    text += candidate.help.empty() ? candidate.word + "\n" : candidate.word + "\t" + candidate.help + "\n";
  }
  return text + fmt::format(":{}\n", static_cast<int>(completion.directive));
}

}  // namespace meshdrill::manual
