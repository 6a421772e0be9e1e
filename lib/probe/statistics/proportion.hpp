// What a count of successes says of the true share: exact limits (Clopper and Pearson, Biometrika 26, 1934),
// whose stated error is never exceeded, for few samples and for shares near 0 or 1 as well.
#pragma once

#include <cstdint>

namespace meshdrill::probe {

// The true share is at least this, wrong with at most probability `error`; 0 when n is 0.
double lower_limit(std::uint64_t successes, std::uint64_t n, double error);
// The true share is at most this, wrong with at most probability `error`; 1 when n is 0.
double upper_limit(std::uint64_t successes, std::uint64_t n, double error);

// How many samples without a single failure show that less than `share` (0 to 1, both excluded) fail.
std::uint64_t samples_to_show(double share, double error);

}  // namespace meshdrill::probe
