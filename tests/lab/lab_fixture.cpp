#include "lab/lab_fixture.hpp"

#include "mesh/render/render.hpp"

#include <chrono>
#include <thread>

#include <doctest/doctest.h>

namespace meshdrill::lab::testing {

namespace json = boost::json;

constexpr auto patience = std::chrono::seconds(30);

LabFixture::LabFixture(const std::function<void(LabOptions&)>& adjust) {
  LabOptions options;
  options.mesh = default_mesh(2).value();
  options.mesh.services.front().replicas = 1;
  options.timings.pod_start = std::chrono::milliseconds(20);
  options.timings.propagation = std::chrono::milliseconds(20);
  options.timings.pod_grace = std::chrono::milliseconds(200);
  if (adjust) adjust(options);
  lab_ = std::make_unique<Lab>(std::move(options));
  const auto started = lab_->start();
  REQUIRE_MESSAGE(started, (started ? std::string() : started.error().message));
  REQUIRE(lab_->wait_ready(patience));
}

const std::string& LabFixture::ingress(const std::string& cluster) const {
  for (const LabCluster& known : lab_->clusters()) {
    if (known.name == cluster) return known.ingress;
  }
  throw std::invalid_argument("no cluster " + cluster);
}

void LabFixture::change(const std::string& cluster, const std::string& kind,
                        const std::function<void(json::object&)>& change) {
  apply(cluster, kind, change);
  REQUIRE(lab_->wait_ready(patience));
}

void LabFixture::apply(const std::string& cluster, const std::string& kind,
                       const std::function<void(json::object&)>& change) {
  for (const mesh::Cluster& known : lab_->mesh().clusters) {
    if (known.name != cluster) continue;
    for (json::object& object : mesh::manifests(lab_->mesh(), known)) {
      if (object.at("kind").as_string() != kind) continue;
      change(object);
      const auto applied = lab_->apply(cluster, object);
      REQUIRE_MESSAGE(applied, (applied ? std::string() : applied.error().message));
      return;
    }
  }
  throw std::invalid_argument("nothing to change");
}

void LabFixture::annotate_service(const std::string& cluster, const json::object& annotations) {
  change(cluster, "Service",
         [&](json::object& service) { service.at("metadata").as_object()["annotations"] = annotations; });
}

void LabFixture::scale(const std::string& cluster, int replicas) {
  change(cluster, "Deployment",
         [&](json::object& deployment) { deployment.at("spec").as_object()["replicas"] = replicas; });
}

void LabFixture::dial_endpoints() {
  for (const LabCluster& cluster : lab_->clusters()) {
    change(cluster.name, "Ingress",
           [](json::object& ingress) { ingress.at("metadata").as_object().erase("annotations"); });
  }
}

std::map<std::string, int> LabFixture::ask(const std::string& cluster, int count) {
  return tally(ingress(cluster), port(), host(), count);
}

std::map<std::string, bool> LabFixture::ask_until(const std::string& cluster,
                                                  const std::map<std::string, bool>& expected) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    std::map<std::string, bool> kinds;
    for (const auto& [answer, count] : ask(cluster)) kinds[answer] = true;
    if (kinds == expected || std::chrono::steady_clock::now() > deadline) return kinds;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

std::map<std::string, bool> seen(std::initializer_list<std::string> answers) {
  std::map<std::string, bool> kinds;
  for (const std::string& answer : answers) kinds[answer] = true;
  return kinds;
}

}  // namespace meshdrill::lab::testing
