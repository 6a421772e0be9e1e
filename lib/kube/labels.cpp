#include "kube/labels.hpp"

#include "kube/json_fields.hpp"

#include <algorithm>

namespace meshdrill::kube {

namespace {

using Expression = Selector::Expression;
using Operator = Expression::Operator;

Operator operator_of(const std::string& name) {
  if (name == "In") return Operator::in;
  if (name == "NotIn") return Operator::not_in;
  if (name == "Exists") return Operator::exists;
  if (name == "DoesNotExist") return Operator::does_not_exist;
  return Operator::unknown;
}

bool holds(const Expression& expression, const Labels& labels) {
  const auto label = labels.find(expression.key);
  const bool there = label != labels.end();
  const auto among = [&] {
    return there && std::find(expression.values.begin(), expression.values.end(), label->second) !=
                        expression.values.end();
  };
  switch (expression.operation) {
    case Operator::in:
      return among();
    case Operator::not_in:
      return !among();
    case Operator::exists:
      return there;
    case Operator::does_not_exist:
      return !there;
    case Operator::unknown:
      return false;
  }
  return false;
}

}  // namespace

bool selects(const Labels& wanted, const Labels& labels) {
  return !wanted.empty() && std::all_of(wanted.begin(), wanted.end(), [&](const auto& label) {
    const auto found = labels.find(label.first);
    return found != labels.end() && found->second == label.second;
  });
}

bool Selector::matches(const Labels& labels) const {
  if (match_labels.empty() && expressions.empty()) return false;
  if (!match_labels.empty() && !selects(match_labels, labels)) return false;
  return std::all_of(expressions.begin(), expressions.end(),
                     [&](const Expression& expression) { return holds(expression, labels); });
}

Selector parse_selector(const boost::json::value& selector) {
  Selector parsed;
  parsed.match_labels = labels_field(selector, "/matchLabels");
  for (const auto& item : array_field(selector, "/matchExpressions")) {
    Expression expression;
    expression.key = text_field(item, "/key");
    expression.operation = operator_of(text_field(item, "/operator"));
    for (const auto& value : array_field(item, "/values")) {
      if (value.is_string()) expression.values.emplace_back(value.get_string());
    }
    parsed.expressions.push_back(std::move(expression));
  }
  return parsed;
}

}  // namespace meshdrill::kube
