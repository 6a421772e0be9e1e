#include "drill/change/ownership.hpp"

#include "base/text.hpp"
#include "kube/field_ownership.hpp"
#include "kube/json_fields.hpp"

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

namespace json = boost::json;

std::string problem_of(const kube::HandBack& done) {
  switch (done.outcome) {
    case kube::HandBack::Outcome::handed_back:
    case kube::HandBack::Outcome::nothing_to_do:
      return {};
    case kube::HandBack::Outcome::foreign:
      return "somebody else has become an owner meanwhile; left alone";
    case kube::HandBack::Outcome::not_allowed:
      return "not allowed: it needs patch on the object itself";
    case kube::HandBack::Outcome::gone:
      return "the object does not exist any more";
    case kube::HandBack::Outcome::failed:
    case kube::HandBack::Outcome::unsettled:
      break;
  }
  return done.error ? to_string(*done.error) : "the API did not say what became of it";
}

Task<OwnershipReport> hand_back(kube::Client& client, Change change) {
  kube::HandBackRequest request;
  request.uid = change.uid;
  request.path = field_path(change);
  request.before = change.owners;
  kube::HandBack done = co_await kube::hand_back(client, reference(change), std::move(request));
  OwnershipReport report;
  report.change = change;
  report.before = kube::to_string(done.before);
  report.after = kube::to_string(done.now);
  report.problem = problem_of(done);
  report.same = report.problem.empty();
  co_return report;
}

Task<OwnershipReport> compare(kube::Client& client, Change change) {
  OwnershipReport report;
  report.change = change;
  const kube::FieldPath path = field_path(change);
  report.before = kube::to_string(kube::field_owners(change.owners, path));
  kube::Request request;
  request.path = kube::object_path(reference(change));
  const kube::ApiResult<json::value> object = co_await client.request(std::move(request));
  if (!object) {
    report.problem = to_string(object.error());
    co_return report;
  }
  report.after =
      kube::to_string(kube::field_owners(kube::array_field(*object, "/metadata/managedFields"), path));
  report.same = report.after == report.before;
  co_return report;
}

}  // namespace

Task<std::vector<OwnershipReport>> settle_ownership(kube::Client& client, std::vector<Change> changes,
                                                    Ownership policy) {
  std::vector<OwnershipReport> reports;
  if (policy == Ownership::keep) co_return reports;
  for (const Change& change : changes) {
    if (change.kind == ChangeKind::pods) continue;
    OwnershipReport report;
    if (policy == Ownership::hand_back) {
      report = co_await hand_back(client, change);
    } else {
      report = co_await compare(client, change);
    }
    reports.push_back(std::move(report));
  }
  co_return reports;
}

std::string describe(const OwnershipReport& report) {
  const std::string field =
      fmt::format("{}: {}", name_of(report.change), kube::to_string(field_path(report.change)));
  if (report.same) return printable(fmt::format("{} belongs to {}, as before", field, report.after));
  return printable(fmt::format("{} belonged to {} and belongs to {} now{}{}", field, report.before,
                               report.after.empty() ? "somebody unknown" : report.after,
                               report.problem.empty() ? "" : ": ", report.problem));
}

}  // namespace meshdrill::drill
