#include "base/certificate_facts.hpp"

#include <doctest/doctest.h>

namespace meshdrill {

TEST_CASE("what was issued is read back") {
  const KeyPair authority = make_authority("Test CA", std::chrono::hours{48}).value();
  const KeyPair leaf = issue_certificate(authority, {.common_name = "server",
                                                     .dns_names = {"*.cern.ch", "a.example.org"},
                                                     .ip_addresses = {"127.0.0.1", "::1"},
                                                     .server = true,
                                                     .validity = std::chrono::hours{24}})
                           .value();
  const CertificateFacts facts = read_certificate(leaf.certificate).value();
  CHECK(facts.common_name == "server");
  CHECK(facts.dns_names == std::vector<std::string>{"*.cern.ch", "a.example.org"});
  CHECK(facts.ip_addresses == std::vector<std::string>{"127.0.0.1", "::1"});
  CHECK_FALSE(facts.authority);
  CHECK_FALSE(facts.self_issued);
  const auto now = std::chrono::system_clock::now();
  CHECK(facts.not_before < now);
  CHECK(facts.not_after > now + std::chrono::hours{23});
  CHECK(facts.not_after < now + std::chrono::hours{25});

  const CertificateFacts root = read_certificate(authority.certificate).value();
  CHECK(root.authority);
  CHECK(root.self_issued);
  CHECK(root.common_name == "Test CA");
}

TEST_CASE("keys and signatures are told from others") {
  const KeyPair ours = make_authority("CA", std::chrono::hours{1}).value();
  const KeyPair theirs = make_authority("CA", std::chrono::hours{1}).value();
  const KeyPair leaf = issue_certificate(ours, {.common_name = "x", .client = true}).value();
  CHECK(key_fits(leaf));
  CHECK_FALSE(key_fits({leaf.certificate, ours.key}));
  CHECK_FALSE(key_fits({leaf.certificate, "no key"}));
  CHECK(signed_by(leaf.certificate, ours.certificate));
  CHECK_FALSE(signed_by(leaf.certificate, theirs.certificate));  // of the same name
  CHECK_FALSE(signed_by(leaf.certificate, ""));
  PairReader reader;
  const PairFacts good = reader.read(leaf, ours.certificate).value();
  CHECK(good.certificate.common_name == "x");
  CHECK(good.key_fits);
  CHECK(good.signed_by);
  const PairFacts bad = reader.read({leaf.certificate, theirs.key}, theirs.certificate).value();
  CHECK_FALSE(bad.key_fits);
  CHECK_FALSE(bad.signed_by);
  CHECK(reader.read(leaf, ours.certificate).value().signed_by);
  CHECK_FALSE(reader.read(leaf, "").value().signed_by);
  CHECK_FALSE(reader.read({"no certificate", leaf.key}, ours.certificate));
  CHECK_FALSE(read_certificate("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
}

}  // namespace meshdrill
