// What runs in a Pod: an HTTP/1.1 server for the files below /usr/share/nginx/html, as nginx's image is one.
#pragma once

#include "base/async.hpp"
#include "base/result.hpp"
#include "lab/net/pod_behaviour.hpp"
#include "lab/net/pod_files.hpp"

#include <functional>
#include <memory>

namespace meshdrill::lab {

class PodServer {
 public:
  // Listens on `endpoint`. When its port may not be bound, on a free port of the same address.
  static Result<std::unique_ptr<PodServer>> listen(Executor executor, asio::ip::tcp::endpoint endpoint,
                                                   std::shared_ptr<const PodFiles> files,
                                                   std::shared_ptr<const PodBehaviour> behaviour);
  ~PodServer();  // ends what is still open

  [[nodiscard]] asio::ip::tcp::endpoint endpoint() const;

  // While broken, as a process that crashes again and again: closes what is open and what comes.
  void set_broken(bool broken);

  // Ends as nginx does on SIGQUIT: accepts no more, closes idle connections, answers the requests in hand,
  // then calls `done` once, from the context.
  void drain(std::function<void()> done);
  // Closes everything at once. `done` of a drain in progress is dropped.
  void abort();

 private:
  struct State;
  explicit PodServer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace meshdrill::lab
