#include "mesh/trust/certificate_findings.hpp"

#include "base/certificate_facts.hpp"
#include "base/document.hpp"
#include "base/text.hpp"
#include "mesh/findings.hpp"
#include "mesh/trust/secret_manifest.hpp"

#include <algorithm>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

namespace fs = std::filesystem;
using Time = std::chrono::system_clock::time_point;
using std::chrono::days;

constexpr days soon{30};
const std::string again = "Generate again, and apply the cluster's secrets/certificates.yaml.";

std::string day_of(Time time) {
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string in_days(Time::duration left) {
  return plural(static_cast<std::size_t>(std::max<std::int64_t>(left / days{1}, 0)), "day");
}

// The paths of all clusters, in the order of their names.
std::vector<fs::path> certificate_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{folder, error}) {
    const fs::path file = entry.path() / "secrets" / "certificates.yaml";
    if (fs::exists(file, error)) files.push_back(file);
  }
  std::sort(files.begin(), files.end());
  return files;
}

class CertificateCheck {
 public:
  explicit CertificateCheck(Time now) : now_(now) {}

  void file(const fs::path& path) {
    const Checked<Node> document = read_document(path.string());
    const auto secrets = document.and_then([](const Node& node) { return read_secrets(node); });
    if (!secrets) return found_.add(secrets.error());
    first_ = {};
    for (const TlsSecret& secret : *secrets) check(secret);
    if (first_.name.empty()) return;
    found_.note("certificate", first_.where,
                fmt::format("{}: the first of {} to expire, on {} (in {})", first_.name,
                            plural(secrets->size(), "certificate"), day_of(first_.not_after),
                            in_days(first_.not_after - now_)));
  }

  Diagnostics take() { return found_.take(); }

 private:
  void check(const TlsSecret& secret);
  void check_authority(const TlsSecret& secret, bool signed_by);

  struct First {
    std::string name;
    Location where;
    Time not_after;
  };

  Time now_;
  PairReader pairs_;
  Findings found_;
  First first_;            // of the file at hand
  std::string authority_;  // of the first Secret of all
  Location authority_where_;
};

void CertificateCheck::check(const TlsSecret& secret) {
  const Result<PairFacts> pair = pairs_.read(secret.pair, secret.authority);
  if (!pair)
    return found_.error("certificate", secret.where,
                        fmt::format("{}: tls.crt: {}", secret.name, pair.error().message));
  const CertificateFacts* const facts = &pair->certificate;
  if (!pair->key_fits) {
    found_.error("certificate", secret.where,
                 fmt::format("{}: tls.key is not the key of tls.crt", secret.name), again);
  }
  check_authority(secret, pair->signed_by);
  const auto left = facts->not_after - now_;
  if (left <= Time::duration::zero()) {
    found_.error("certificate", secret.where,
                 fmt::format("{}: expired on {}", secret.name, day_of(facts->not_after)), again);
  } else if (left < soon) {
    found_.warning(
        "certificate", secret.where,
        fmt::format("{}: expires on {}, in {}", secret.name, day_of(facts->not_after), in_days(left)), again);
  } else if (first_.name.empty() || facts->not_after < first_.not_after) {
    first_ = {secret.name, secret.where, facts->not_after};
  }
}

void CertificateCheck::check_authority(const TlsSecret& secret, bool signed_by) {
  if (!signed_by) {
    found_.error("certificate", secret.where,
                 fmt::format("{}: ca.crt is not the CA that issued tls.crt", secret.name), again);
  }
  if (authority_.empty()) {
    authority_ = secret.authority;
    authority_where_ = secret.where;
    const Result<CertificateFacts> facts = read_certificate(authority_);
    if (facts && facts->not_after - now_ < soon) {
      found_.warning("certificate", secret.where,
                     fmt::format("the CA of the mesh expires on {}", day_of(facts->not_after)));
    }
  } else if (secret.authority != authority_) {
    found_.error("certificate", secret.where,
                 fmt::format("{}: ca.crt is another CA than at {}; these clusters would not trust each other",
                             secret.name, to_string(authority_where_)),
                 again);
  }
}

}  // namespace

Diagnostics certificate_findings(const fs::path& folder, Time now) {
  CertificateCheck check{now};
  for (const fs::path& file : certificate_files(folder)) check.file(file);
  return check.take();
}

}  // namespace meshdrill::mesh
