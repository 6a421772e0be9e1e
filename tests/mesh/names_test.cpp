#include "mesh/names.hpp"

#include <string>

#include <doctest/doctest.h>

namespace meshdrill::mesh {

TEST_CASE("cluster names") {
  for (const char* good : {"a", "0", "cilium-001", "a--b", "12345678901234567890123456789012"}) {
    CAPTURE(good);
    CHECK_FALSE(wrong_cluster_name(good));
  }
  for (const char* bad : {"", "-a", "a-", "A", "a.b", "a_b", "a b", "default", "\xc3\xa4",
                          "123456789012345678901234567890123"}) {
    CAPTURE(bad);
    CHECK(wrong_cluster_name(bad));
  }
}

TEST_CASE("names of Kubernetes objects") {
  CHECK_FALSE(wrong_label("7up"));
  CHECK_FALSE(wrong_label(std::string(63, 'a')));
  CHECK(wrong_label(std::string(64, 'a')));
  CHECK_FALSE(wrong_service_name("api-service"));
  CHECK(wrong_service_name("7up"));
  CHECK_FALSE(wrong_port_name("http-80"));
  CHECK(wrong_port_name("80"));
  CHECK(wrong_port_name("a--b"));
  CHECK(wrong_port_name("sixteen-letters-"));
}

TEST_CASE("keys and free-form names") {
  CHECK_FALSE(wrong_values_key("ingress-nginx"));
  for (const char* bad : {"", "a.b", "a'b", "a b", "a\nb"}) CHECK(wrong_values_key(bad));
  CHECK_FALSE(wrong_text("admin@cluster one"));
  for (const char* bad : {"", "a\nb", "\x1b[2J"}) CHECK(wrong_text(bad));
}

TEST_CASE("host names") {
  for (const char* good : {"api.example.org", "localhost", "a", "1.example.org"}) {
    CAPTURE(good);
    CHECK_FALSE(wrong_host_name(good));
  }
  for (const char* bad :
       {"", ".", "a..b", ".a", "a.", "*.a.b", "API.example.org", "10.0.0.1", "fd00::1", "a_b.c"}) {
    CAPTURE(bad);
    CHECK(wrong_host_name(bad));
  }
  const std::string label(63, 'a');
  CHECK_FALSE(wrong_host_name(label + "." + label + "." + label + "." + std::string(61, 'a')));
  CHECK(wrong_host_name(label + "." + label + "." + label + "." + std::string(62, 'a')));
}

}  // namespace meshdrill::mesh
