#include "mesh/trust/kept_certificates.hpp"

#include "base/files.hpp"
#include "base/sha256.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

using Time = std::chrono::system_clock::time_point;

// Sorts by time.
std::string text_of(Time time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string start_of(const std::string& issued_for) {
  return fmt::format("# Issued for {}, good until ", issued_for);
}

}  // namespace

std::string issued_for(const Mesh& mesh, const std::vector<PlannedCertificate>& plan,
                       const std::string& authority) {
  std::string text = fmt::format("{}\n{}\n", mesh.cilium.kube_namespace, authority);
  for (const PlannedCertificate& planned : plan) {
    const CertificateRequest& request = planned.request;
    text += fmt::format("{} {} {} {} {} {}\n", planned.secret, request.common_name,
                        fmt::join(request.dns_names, ","), fmt::join(request.ip_addresses, ","),
                        request.server, request.client);
  }
  return sha256(text);
}

std::string kept_comment(const std::string& issued_for, Time renew_after) {
  return start_of(issued_for) + text_of(renew_after) + "\n";
}

std::optional<std::string> kept_certificates(const std::filesystem::path& folder, const std::string& path,
                                             const std::map<std::string, std::string>& digests,
                                             const std::string& issued_for, Time now) {
  const auto written = digests.find(path);
  if (written == digests.end()) return std::nullopt;
  Result<std::string> content = read_file(folder / path);
  if (!content || sha256(*content) != written->second) return std::nullopt;
  const std::string start = start_of(issued_for);
  const std::size_t found = content->find(start);
  if (found == std::string::npos) return std::nullopt;
  const std::string today = text_of(now);
  if (content->compare(found + start.size(), today.size(), today) <= 0) return std::nullopt;
  return std::move(*content);
}

}  // namespace meshdrill::mesh
