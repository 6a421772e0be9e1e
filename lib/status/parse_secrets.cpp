#include "base/base64.hpp"
#include "base/document.hpp"
#include "base/fingerprint.hpp"
#include "base/text.hpp"
#include "kube/json_fields.hpp"
#include "status/parse.hpp"

#include <charconv>

namespace meshdrill::status {
namespace {

namespace json = boost::json;

std::string decoded(const json::value& secret, const std::string& key) {
  const auto data = kube::labels_field(secret, "/data");
  const auto found = data.find(key);
  if (found == data.end()) return {};
  return decode_base64(found->second).value_or(std::string{});
}

// "https://[2001:db8::1]:2379" into host and port. What is no such URL leaves them empty.
void read_endpoint(const std::string& text, PeerEntry& peer) {
  peer.endpoint = printable(text);
  const std::size_t scheme = text.find("://");
  if (scheme == std::string::npos) return;
  const std::string rest = text.substr(scheme + 3, text.find('/', scheme + 3) - scheme - 3);
  const std::size_t colon = rest.rfind(':');
  const std::size_t bracket = rest.rfind(']');
  const bool has_port = colon != std::string::npos && (bracket == std::string::npos || colon > bracket);
  peer.host = has_port ? rest.substr(0, colon) : rest;
  if (peer.host.starts_with('[') && peer.host.ends_with(']'))
    peer.host = peer.host.substr(1, peer.host.size() - 2);
  if (!has_port) return;
  const std::string port = rest.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), peer.port);
  if (error != std::errc{} || end != port.data() + port.size()) peer.port = 0;
}

PeerEntry peer_of(std::string name, const std::string& text) {
  PeerEntry peer;
  peer.name = std::move(name);
  const Checked<Node> document = parse_document(text, "");
  if (!document) return peer;
  const Node* endpoints = document->find("endpoints");
  if (endpoints != nullptr && !endpoints->items.empty()) read_endpoint(endpoints->items.front().scalar, peer);
  return peer;
}

}  // namespace

std::vector<PeerEntry> parse_peers(const json::value& secret) {
  std::vector<PeerEntry> peers;
  for (const auto& [key, value] : kube::labels_field(secret, "/data")) {
    const auto text = decode_base64(value);
    // The agents' own rule for what is a peer and what is a certificate.
    if (!text || text->find("endpoints:") == std::string::npos) continue;
    peers.push_back(peer_of(printable(key), *text));
  }
  return peers;
}

CertificateView parse_certificate(const json::value& secret, std::string name) {
  CertificateView view;
  view.secret = std::move(name);
  constexpr std::string_view prefix = "clustermesh-apiserver-";
  view.role = view.secret.substr(prefix.size(), view.secret.rfind('-') - prefix.size());
  KeyPair pair{decoded(secret, "tls.crt"), decoded(secret, "tls.key")};
  const std::string authority = decoded(secret, "ca.crt");
  auto facts = read_certificate(pair.certificate);
  if (!facts) {
    view.problem = facts.error().message;
    return view;
  }
  view.facts = std::move(*facts);
  view.key_fits = key_fits(pair);
  view.signed_by_ca = signed_by(pair.certificate, authority);
  if (const auto print = certificate_fingerprint(authority)) view.ca_fingerprint = *print;
  if (const auto ca = read_certificate(authority)) view.ca_not_after = ca->not_after;
  return view;
}

}  // namespace meshdrill::status
