// A DNS server over UDP and TCP whose answers come from a function.
#pragma once

#include "probe/support/loopback_thread.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/ip/udp.hpp>

namespace meshdrill::probe::testing {

struct DnsReply {
  struct Record {
    std::string owner;    // name
    std::string address;  // A or AAAA, by its form; or
    std::string alias;    // CNAME
    std::uint32_t ttl = 30;
    std::string name_server{};  // NS, instead of the two
  };
  std::vector<Record> records;
  std::uint8_t code = 0;            // 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED
  bool silent = false;              // no answer at all
  bool truncated_over_udp = false;  // empty with TC set over UDP; whole over TCP
  bool silent_over_tcp = false;
  bool garbage = false;  // an answer that is none
};

class DnsServer {
 public:
  // Called on the server's thread, with the name as asked and the type (1 = A, 2 = NS, 28 = AAAA).
  using Handler = std::function<DnsReply(const std::string& name, int type)>;

  explicit DnsServer(Handler handler);
  ~DnsServer();

  [[nodiscard]] std::string server() const;  // "127.0.0.1:PORT"
  [[nodiscard]] int over_udp() const { return over_udp_; }
  [[nodiscard]] int over_tcp() const { return over_tcp_; }
  [[nodiscard]] int recursive() const { return recursive_; }          // questions that wanted recursion
  [[nodiscard]] std::size_t udp_clients() const { return clients_; }  // distinct ports that asked

 private:
  Task<> serve_udp();
  Task<> accept_tcp();
  Task<> serve_tcp(TcpSocket socket);
  std::string answer(const std::string& query, bool udp);

  Handler handler_;
  std::atomic<int> over_udp_ = 0;
  std::atomic<int> over_tcp_ = 0;
  std::atomic<int> recursive_ = 0;
  std::atomic<std::size_t> clients_ = 0;
  std::set<std::uint16_t> client_ports_;
  LoopbackThread thread_;
  std::optional<TcpAcceptor> acceptor_;
  std::optional<UdpSocket> socket_;
};

// `addresses` in this order, for names of the right type; empty for the other.
DnsReply addresses(const std::string& name, int type, const std::vector<std::string>& addresses);

}  // namespace meshdrill::probe::testing
