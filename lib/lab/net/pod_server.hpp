// What runs in a Pod: an HTTP/1.1 server for the files below /usr/share/nginx/html, as nginx's image is one.
#pragma once

#include "base/async.hpp"
#include "base/result.hpp"
#include "lab/controllers/pod_files.hpp"

#include <functional>
#include <memory>

namespace meshdrill::lab {

class PodServer {
 public:
  // Listens on `endpoint`. When its port may not be bound, on a free port of the same address.
  static Result<std::unique_ptr<PodServer>> listen(Executor executor, asio::ip::tcp::endpoint endpoint,
                                                   std::shared_ptr<const PodFiles> files);
  ~PodServer();  // ends what is still open

  [[nodiscard]] asio::ip::tcp::endpoint endpoint() const;

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
