// Labels and the selectors that choose by them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <boost/json/value.hpp>

namespace meshdrill::kube {

using Labels = std::map<std::string, std::string>;

// Whether every label of `wanted` is in `labels`. Nothing wanted matches nothing, as in a Service.
bool selects(const Labels& wanted, const Labels& labels);

// A workload's spec.selector: matchLabels and matchExpressions, all of which have to hold.
struct Selector {
  struct Expression {
    enum class Operator : std::uint8_t { in, not_in, exists, does_not_exist, unknown };

    std::string key;
    Operator operation = Operator::unknown;
    std::vector<std::string> values;

    bool operator==(const Expression&) const = default;
  };

  Labels match_labels;
  std::vector<Expression> expressions;

  // An empty selector, and one with an operator that we do not know, match nothing.
  [[nodiscard]] bool matches(const Labels& labels) const;
  bool operator==(const Selector&) const = default;
};

// A metav1.LabelSelector; null and what is no object give an empty one.
Selector parse_selector(const boost::json::value& selector);

}  // namespace meshdrill::kube
