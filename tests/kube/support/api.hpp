// A client and the scripted server that it talks to.
#pragma once

#include "kube/client.hpp"
#include "kube/support/run.hpp"
#include "kube/support/scripted_server.hpp"

#include <string>

#include <boost/json/parse.hpp>

namespace meshdrill::kube::test {

struct Api {
  asio::io_context io{1};
  ScriptedServer server{io};
  Client client{io.get_executor(), server.connection()};

  [[nodiscard]] boost::json::value sent(std::size_t index) const {
    return boost::json::parse(server.seen().at(index).body);
  }

  // "GET PUT GET": what was asked of the API.
  [[nodiscard]] std::string verbs() const {
    std::string text;
    for (const auto& request : server.seen()) text += (text.empty() ? "" : " ") + request.method;
    return text;
  }
};

}  // namespace meshdrill::kube::test
