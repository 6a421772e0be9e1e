// What every server of the lab starts with.
#pragma once

#include "base/async.hpp"

#include <functional>
#include <memory>

#include <tl/expected.hpp>

namespace meshdrill::lab {

// Binds (port 0: any free one) and listens. A port left by connections that just ended can be had again.
tl::expected<TcpAcceptor, error_code> listen_on(Executor executor, const asio::ip::tcp::endpoint& endpoint);

// Accepts until `acceptor` is closed. `accepted` and what it holds go when the context has run once more.
void accept_all(std::shared_ptr<TcpAcceptor> acceptor, std::function<void(TcpSocket)> accepted);

// Runs `task` on its own. An exception that leaves it leaves io_context::run as well: nothing of ours throws
// in the normal course of things.
void spawn(Executor executor, Task<> task);

}  // namespace meshdrill::lab
