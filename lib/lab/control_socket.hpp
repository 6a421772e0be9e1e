// How a running lab is told to change its faults: a Unix socket that takes one command a line and answers
// each with one line of JSON.
//
//   set FAULT      {"ok": true}                       FAULT as parse_fault() reads it
//   clear FAULT    {"ok": true}
//   status         {"ok": true, "faults": […], "clusters": […], …}
//   anything else  {"ok": false, "error": "…"}
#pragma once

#include "base/async.hpp"
#include "base/result.hpp"

#include <functional>
#include <memory>
#include <string>

namespace meshdrill::lab {

class ControlSocket {
 public:
  using Handler = std::function<std::string(const std::string& line)>;

  // Listens at `path` with mode 0600. A socket that nobody answers is replaced; one that is answered is not.
  static Result<std::unique_ptr<ControlSocket>> listen(Executor executor, const std::string& path,
                                                       Handler handler);
  ~ControlSocket();

  // Closes everything and removes the file. The context must run once more before this object may go.
  void close();

 private:
  struct State;
  explicit ControlSocket(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

// Sends one command and waits for its answer, without the newline.
Result<std::string> ask_control_socket(const std::string& path, const std::string& line);

}  // namespace meshdrill::lab
