// A TLS server on loopback that does to each request what its script says, and remembers what it was asked.
#pragma once

#include "base/async.hpp"
#include "base/certificates.hpp"
#include "kube/connection.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/ssl/context.hpp>

namespace meshdrill::kube::test {

// What is done to one request, once it has been read whole.
struct Step {
  enum class Then : std::uint8_t {
    keep,   // the connection is kept for the next request
    close,  // closed without a word, so that a client may take it for idle
    hang    // nothing more comes, and the connection stays
  };

  std::vector<std::string> pieces;  // written one after the other, as they are; none: no answer at all
  Then then = Then::keep;
};

Step answer(int status, const std::string& body, const std::string& extra_headers = {});
Step answer_then_close(int status, const std::string& body);
Step close_unanswered();
Step hang();
// A chunked answer of 200: each piece of the body is a chunk and a write of its own.
Step stream(const std::vector<std::string>& body_pieces, Step::Then then, bool whole);
// The API's Status object, and an answer that holds it.
std::string status_body(int code, const std::string& reason, const std::string& message);
Step refuse(int code, const std::string& reason, const std::string& message,
            const std::string& extra_headers = {});

struct SeenRequest {
  std::string method;
  std::string target;
  std::string content_type;
  std::string authorization;
  std::string body;
  std::string client;  // common name of its certificate
  std::vector<std::pair<std::string, std::string>> headers;
  int connection = 0;  // counted from 1

  // Of each header of that name, in their order.
  [[nodiscard]] std::vector<std::string> values(const std::string& header) const;
};

class ScriptedServer {
 public:
  // Listens on 127.0.0.1. With `tls`, demands a client certificate.
  explicit ScriptedServer(asio::io_context& io, bool tls = true);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  // Requests beyond the script are answered with 500, or as answer_by says.
  void then(Step step);
  void answer_by(std::function<Step(const SeenRequest&)> handler);
  [[nodiscard]] const std::vector<SeenRequest>& seen() const;
  [[nodiscard]] int open_connections() const;
  // How a client that is let in connects.
  [[nodiscard]] Connection connection() const;
  // Its TLS, for another server under the same authority.
  [[nodiscard]] std::shared_ptr<asio::ssl::context> tls() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace meshdrill::kube::test
