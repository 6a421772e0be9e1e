// An io_context on a thread of its own, for the servers that tests talk to.
#pragma once

#include "base/async.hpp"

#include <future>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

namespace meshdrill::probe::testing {

class LoopbackThread {
 public:
  LoopbackThread() : guard_(context_.get_executor()), thread_([this] { context_.run(); }) {}
  ~LoopbackThread() { join(); }
  LoopbackThread(const LoopbackThread&) = delete;
  LoopbackThread& operator=(const LoopbackThread&) = delete;

  asio::io_context& context() { return context_; }

  // Runs `work` on the thread and waits for it.
  template <class Work>
  void on_thread(Work work) {
    std::promise<void> done;
    asio::post(context_, [&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  void join() {
    if (!thread_.joinable()) return;
    context_.stop();
    thread_.join();
  }

 private:
  asio::io_context context_{1};
  asio::executor_work_guard<Executor> guard_;
  std::thread thread_;
};

}  // namespace meshdrill::probe::testing
