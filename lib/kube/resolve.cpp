#include "kube/resolve.hpp"

#include <memory>

namespace meshdrill::kube {

namespace {

using asio::ip::tcp;
using Resolver = asio::ip::basic_resolver<tcp, Executor>;

// Shared between the waiting coroutine and the resolver's handler, because either may be the last to go.
struct Lookup {
  explicit Lookup(Executor executor) : resolver(executor), done(executor) {}

  Resolver resolver;
  Timer done;  // cancelled when the answer is there
  bool finished = false;
  error_code error;
  std::vector<tcp::endpoint> endpoints;
};

void start(const std::shared_ptr<Lookup>& lookup, const std::string& host, std::uint16_t port) {
  lookup->resolver.async_resolve(host, std::to_string(port),
                                 [lookup](error_code error, const Resolver::results_type& results) {
                                   lookup->finished = true;
                                   lookup->error = error;
                                   for (const auto& entry : results)
                                     lookup->endpoints.push_back(entry.endpoint());
                                   lookup->done.cancel();
                                 });
}

}  // namespace

Task<Resolution> resolve_host(Executor executor, std::string host, std::uint16_t port,
                              Clock::time_point deadline) {
  Resolution resolution;
  error_code not_an_address;
  const auto address = asio::ip::make_address(host, not_an_address);
  if (!not_an_address) {
    resolution.endpoints.emplace_back(address, port);
    co_return resolution;
  }
  const auto lookup = std::make_shared<Lookup>(executor);
  lookup->done.expires_at(deadline);
  start(lookup, host, port);
  const auto [ignored] = co_await lookup->done.async_wait(try_await);
  resolution.endpoints = lookup->endpoints;
  if (lookup->finished && lookup->error) resolution.problem = lookup->error.message();
  if (!lookup->finished) {
    resolution.timed_out = !ignored;
    resolution.problem = ignored ? "cancelled" : "no answer from the resolver in time";
  }
  co_return resolution;
}

}  // namespace meshdrill::kube
