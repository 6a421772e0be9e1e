// A running lab of two clusters, a and b, and short ways to change and to ask it.
#pragma once

#include "lab/http_get.hpp"
#include "lab/lab.hpp"

#include <functional>
#include <map>
#include <string>

namespace meshdrill::lab::testing {

class LabFixture {
 public:
  // Two clusters "lab-001" and "lab-002", each with one Pod behind the global Service, all of them Ready and
  // known everywhere.
  explicit LabFixture(const std::function<void(LabOptions&)>& adjust = {});

  Lab& lab() { return *lab_; }
  const std::string& host() const { return lab_->mesh().ingress->host; }
  std::uint16_t port() const { return static_cast<std::uint16_t>(lab_->mesh().ingress->port); }
  const std::string& ingress(const std::string& cluster) const;

  // Applies the sample's object of `kind` to `cluster` again, changed by `change`.
  void apply(const std::string& cluster, const std::string& kind,
             const std::function<void(boost::json::object&)>& change);
  // The same, and waits until all is settled.
  void change(const std::string& cluster, const std::string& kind,
              const std::function<void(boost::json::object&)>& change);
  void annotate_service(const std::string& cluster, const boost::json::object& annotations);
  void scale(const std::string& cluster, int replicas);
  // Ingresses without service-upstream, in both clusters.
  void dial_endpoints();

  // By "Hello from …" and so on, at one cluster's ingress.
  std::map<std::string, int> ask(const std::string& cluster, int count = 40);
  // Asks until all answers are of the kinds in `expected` and each was seen; the last tally's kinds are
  // returned after 30 s otherwise. Waiting for the condition keeps a slow machine from failing a test.
  std::map<std::string, bool> ask_until(const std::string& cluster,
                                        const std::map<std::string, bool>& expected);

 private:
  std::unique_ptr<Lab> lab_;
};

// The keys of what was expected: {"lab-001", "lab-002"} as seen() gives them.
std::map<std::string, bool> seen(std::initializer_list<std::string> answers);
inline std::string hello(const std::string& cluster) {
  return "Hello from Cluster " + cluster;
}

}  // namespace meshdrill::lab::testing
