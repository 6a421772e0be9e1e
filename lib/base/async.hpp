// The coroutine and socket types that every library shares. One io_context belongs to one thread, and
// everything made on it stays there, so nothing here needs a strand or a lock.
//
// g++ 12 miscompiles co_await in several positions; docs/coroutines.md has the rule, and `./dev lint` holds
// us to it.
#pragma once

#include <chrono>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace meshdrill {

namespace asio = boost::asio;
using boost::system::error_code;

using Executor = asio::io_context::executor_type;
using Clock = std::chrono::steady_clock;

template <class T = void>
using Task = asio::awaitable<T, Executor>;

using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;
using TcpSocket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using TcpAcceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
using UdpSocket = asio::basic_datagram_socket<asio::ip::udp, Executor>;

// Completion tokens: `co_await op(await)` throws on error, `auto [ec, …] = co_await op(try_await)` does not.
inline constexpr asio::use_awaitable_t<Executor> await{};
inline constexpr auto try_await = asio::as_tuple(await);

}  // namespace meshdrill
