// TLS beyond the name on the certificate: who we are, which versions, and what may be left out.
#include "probe/support/authority.hpp"
#include "probe/support/http_server.hpp"
#include "probe/support/recorded_run.hpp"

#include <atomic>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <openssl/ssl.h>

namespace meshdrill::probe {
namespace {

using namespace testing;
using namespace std::chrono_literals;

// A server and a client that one authority knows.
struct Certificates : Authority {
  KeyPair server = issue("127.0.0.1");
  KeyPair client = issue_client();
  std::string certificate_file = folder.write("client.pem", client.certificate);
  std::string key_file = folder.write("client.key", client.key);
};

RecordedRun ask(const Certificates& certificates, const std::function<void(SSL_CTX*)>& tune,
                const std::function<void(ProbeConfig&)>& change, std::size_t requests = 5) {
  HttpServer server{"127.0.0.1", 0,
                    [](const std::string&) { return Reply{ok_answer(hello("abc")), {}, Reply::Then::keep}; },
                    certificates.server, tune};
  ProbeConfig config = patient(fmt::format("https://127.0.0.1:{}/", server.port()));
  config.ca_file = certificates.file;
  change(config);
  return record(config, requests);
}

void demand_client(SSL_CTX* context, const std::string& ca_file, int version) {
  SSL_CTX_set_max_proto_version(context, version);
  SSL_CTX_load_verify_file(context, ca_file.c_str());
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

TEST_CASE("a server that demands a client certificate gets ours") {
  const Certificates certificates;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto demand = [&](SSL_CTX* context) { demand_client(context, certificates.file, version); };
    const RecordedRun known = ask(certificates, demand, [&](ProbeConfig& config) {
      config.tls.certificate_file = certificates.certificate_file;
      config.tls.key_file = certificates.key_file;
    });
    check_all(known, Outcome::ok);
    const RecordedRun unknown = ask(certificates, demand, [](ProbeConfig&) {});
    // TLS 1.3 says so only when the handshake is over for the client.
    check_all(
        unknown, Outcome::tls_error,
        version == TLS1_3_VERSION ? "tlsv13 alert certificate required" : "sslv3 alert handshake failure");
  }
}

TEST_CASE("a server that is too old is refused") {
  const Certificates certificates;
  const auto old = [](SSL_CTX* context) { SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION); };
  check_all(ask(certificates, old, [](ProbeConfig&) {}), Outcome::ok);
  check_all(ask(certificates, old, [](ProbeConfig& config) { config.tls.min_version = TlsVersion::tls13; }),
            Outcome::tls_error, "tlsv1 alert protocol version");
}

TEST_CASE("insecure takes any certificate") {
  const Certificates certificates;
  const Certificates others;
  const auto nothing = [](SSL_CTX*) {};
  const auto distrust = [&](ProbeConfig& config) { config.ca_file = others.file; };
  const RecordedRun careful = ask(certificates, nothing, distrust);
  CHECK(careful.count(Outcome::tls_error) == careful.samples.size());
  check_all(ask(certificates, nothing,
                [&](ProbeConfig& config) {
                  distrust(config);
                  config.tls.insecure = true;
                }),
            Outcome::ok);
}

// By the server of the test that runs; a plain function must reach it, and Asio has the context's own data.
std::atomic<int> resumed_sessions;

TEST_CASE("sessions are resumed only when asked") {
  const Certificates certificates;
  for (const bool resume : {false, true}) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      resumed_sessions = 0;
      const auto remember = [&](SSL_CTX* context) {
        SSL_CTX_set_max_proto_version(context, version);
        SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>("t"), 1);
        SSL_CTX_set_info_callback(context, [](const SSL* session, int where, int) {
          if ((where & SSL_CB_HANDSHAKE_DONE) != 0 && SSL_session_reused(session) == 1) ++resumed_sessions;
        });
      };
      const RecordedRun run =
          ask(certificates, remember, [&](ProbeConfig& config) { config.tls.resume = resume; }, 10);
      check_all(run, Outcome::ok);
      CHECK((resumed_sessions > 0) == resume);
    }
  }
}

TEST_CASE("a certificate found good once is looked at again when the name differs") {
  const Certificates certificates;
  HttpServer server{"127.0.0.1", 0, [](const std::string&) { return Reply{ok_answer(hello("abc"))}; },
                    certificates.server};
  ProbeConfig config = patient(fmt::format("https://127.0.0.1:{}/", server.port()));
  config.ca_file = certificates.file;
  check_all(record(config, 5), Outcome::ok);
  config.url = fmt::format("https://127.0.0.2:{}/", server.port());
  config.addresses = {*parse_ip("127.0.0.1")};
  check_all(record(config, 5), Outcome::tls_error, "IP address mismatch");
}

TEST_CASE("files that cannot be used are refused before anything is sent") {
  const Certificates certificates;
  const std::string garbage = certificates.folder.write("garbage.pem", "garbage\n");
  const auto refused = [&](const std::string& ca, const std::string& certificate, const std::string& key) {
    ProbeConfig config;
    config.url = "https://127.0.0.1:1/";
    config.ca_file = ca;
    config.tls.certificate_file = certificate;
    config.tls.key_file = key;
    const auto checked = check(config);
    return checked ? std::string{} : checked.error().message;
  };
  CHECK(refused(certificates.file, certificates.certificate_file, certificates.key_file).empty());
  CHECK(refused(garbage, "", "").starts_with("CA file '" + garbage + "' cannot be used: "));
  CHECK(refused("", garbage, certificates.key_file).starts_with("client certificate '" + garbage));
  CHECK(refused("", certificates.certificate_file, garbage).starts_with("client key '" + garbage));
  CHECK(refused("", certificates.certificate_file, "")
            .starts_with("client certificate: a certificate and its key"));
  const std::string other = certificates.folder.write("other.key", certificates.server.key);
  CHECK(refused("", certificates.certificate_file, other).starts_with("client key '" + other));
}

}  // namespace
}  // namespace meshdrill::probe
