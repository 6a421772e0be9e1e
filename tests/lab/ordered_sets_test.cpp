// StatefulSets and DaemonSets: their Pods, one after the other or one a node. The test plays the kubelet.
#include "lab/controllers/daemon_set_controller.hpp"
#include "lab/controllers/self_heal.hpp"
#include "lab/controllers/stateful_set_controller.hpp"

#include <functional>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

using namespace meshdrill;
using namespace meshdrill::lab;

namespace {

constexpr std::string_view ns = "default";

Object workload(std::string_view kind, std::int64_t replicas) {
  const Object labels{{"app", "db"}};
  return Object{
      {"apiVersion", "apps/v1"},
      {"kind", kind},
      {"metadata", Object{{"name", "db"}, {"namespace", ns}}},
      {"spec", Object{{"replicas", replicas},
                      {"serviceName", "db"},
                      {"selector", Object{{"matchLabels", labels}}},
                      {"template", Object{{"metadata", Object{{"labels", labels}}}, {"spec", Object{}}}}}}};
}

struct Cluster {
  asio::io_context context{1};
  ObjectStore store;

  void settle() {
    context.restart();
    context.poll();
  }
  std::string names() {
    std::string names;
    for (const ObjectPtr& pod : store.list("pods")) {
      names += (names.empty() ? "" : " ") + std::string(name_of(*pod)) + (being_deleted(*pod) ? "-" : "");
    }
    return names;
  }
  // What is pending becomes Ready, what is to end is gone.
  void kubelet() {
    for (const ObjectPtr& pod : store.list("pods")) {
      if (being_deleted(*pod)) {
        REQUIRE(store.remove("pods", ns, name_of(*pod)));
        continue;
      }
      REQUIRE(store.modify("pods", ns, name_of(*pod), [](Object& changed) {
        changed["status"] =
            Object{{"phase", "Running"},
                   {"conditions", boost::json::array{Object{{"type", "Ready"}, {"status", "True"}}}}};
      }));
    }
    settle();
  }
  void change(std::string_view resource, const std::function<void(Object&)>& change) {
    REQUIRE(store.modify(resource, ns, "db", change));
    settle();
  }
  std::int64_t status(std::string_view resource, std::string_view field) {
    return integer_at(*store.get(resource, ns, "db"), {"status", field}).value_or(0);
  }
};

void scale(Object& object, std::int64_t replicas) {
  object_at(object, {"spec"})["replicas"] = replicas;
}

}  // namespace

TEST_CASE("a StatefulSet makes and ends its Pods in order") {
  Cluster cluster;
  StatefulSetController controller(cluster.context.get_executor(), cluster.store);
  REQUIRE(cluster.store.create("statefulsets", workload("StatefulSet", 3)));
  cluster.settle();
  CHECK(cluster.names() == "db-0");
  cluster.settle();
  CHECK(cluster.names() == "db-0");  // the next waits until this one is Ready
  cluster.kubelet();
  CHECK(cluster.names() == "db-0 db-1");
  cluster.kubelet();
  cluster.kubelet();
  CHECK(cluster.names() == "db-0 db-1 db-2");
  CHECK(cluster.status("statefulsets", "readyReplicas") == 3);
  CHECK(cluster.status("statefulsets", "updatedReplicas") == 3);

  cluster.change("statefulsets", [](Object& set) { scale(set, 1); });
  CHECK(cluster.names() == "db-0 db-1 db-2-");
  cluster.kubelet();
  CHECK(cluster.names() == "db-0 db-1-");
  cluster.kubelet();
  CHECK(cluster.names() == "db-0");
  cluster.change("statefulsets", [](Object& set) { scale(set, 0); });
  cluster.kubelet();
  CHECK(cluster.names().empty());
  CHECK(cluster.status("statefulsets", "replicas") == 0);
}

TEST_CASE("a StatefulSet puts a deleted Pod back under its name") {
  Cluster cluster;
  StatefulSetController controller(cluster.context.get_executor(), cluster.store);
  REQUIRE(cluster.store.create("statefulsets", workload("StatefulSet", 1)));
  cluster.settle();
  cluster.kubelet();
  const std::string before = uid_of(*cluster.store.get("pods", ns, "db-0"));
  REQUIRE(cluster.store.remove("pods", ns, "db-0"));
  cluster.settle();
  REQUIRE(cluster.store.get("pods", ns, "db-0"));
  CHECK(uid_of(*cluster.store.get("pods", ns, "db-0")) != before);
}

TEST_CASE("a StatefulSet in parallel does not wait") {
  Cluster cluster;
  StatefulSetController controller(cluster.context.get_executor(), cluster.store);
  Object set = workload("StatefulSet", 3);
  object_at(set, {"spec"})["podManagementPolicy"] = "Parallel";
  REQUIRE(cluster.store.create("statefulsets", std::move(set)));
  cluster.settle();
  CHECK(cluster.names() == "db-0 db-1 db-2");
}

TEST_CASE("a changed template replaces a StatefulSet's Pods from the last to the first") {
  Cluster cluster;
  StatefulSetController controller(cluster.context.get_executor(), cluster.store);
  REQUIRE(cluster.store.create("statefulsets", workload("StatefulSet", 2)));
  cluster.settle();
  cluster.kubelet();
  cluster.kubelet();
  cluster.change("statefulsets", [](Object& set) {
    object_at(set, {"spec", "template", "metadata", "labels"})["version"] = "2";
  });
  CHECK(cluster.names() == "db-0 db-1-");
  cluster.kubelet();  // gone, and made anew
  CHECK(cluster.names() == "db-0 db-1");
  cluster.kubelet();  // Ready, so that it is the first one's turn
  CHECK(cluster.names() == "db-0- db-1");
  cluster.kubelet();
  cluster.kubelet();
  CHECK(cluster.names() == "db-0 db-1");
  CHECK(cluster.status("statefulsets", "updatedReplicas") == 2);
}

TEST_CASE("a DaemonSet has one Pod on each node that fits") {
  Cluster cluster;
  DaemonSetController controller(cluster.context.get_executor(), cluster.store);
  for (const std::string_view name : {"a", "b"}) {
    const Object labels{{"role", name}};
    REQUIRE(cluster.store.create("nodes", Object{{"apiVersion", "v1"},
                                                 {"kind", "Node"},
                                                 {"metadata", Object{{"name", name}, {"labels", labels}}}}));
  }
  REQUIRE(cluster.store.create("daemonsets", workload("DaemonSet", 1)));
  cluster.settle();
  CHECK(cluster.store.list("pods").size() == 2);
  cluster.kubelet();
  CHECK(cluster.status("daemonsets", "desiredNumberScheduled") == 2);
  CHECK(cluster.status("daemonsets", "numberReady") == 2);
  cluster.change("daemonsets", [](Object& set) {
    object_at(set, {"spec", "template", "spec"})["nodeSelector"] = Object{{"role", "b"}};
  });
  for (int i = 0; i < 4; ++i) cluster.kubelet();
  REQUIRE(cluster.store.list("pods").size() == 1);
  CHECK(text_at(*cluster.store.list("pods").front(), {"spec", "nodeName"}) == "b");
}

TEST_CASE("a DaemonSet replaces Pods that do not serve without waiting for the others") {
  Cluster cluster;
  DaemonSetController controller(cluster.context.get_executor(), cluster.store);
  for (const std::string_view name : {"a", "b"}) {
    REQUIRE(cluster.store.create(
        "nodes", Object{{"apiVersion", "v1"}, {"kind", "Node"}, {"metadata", Object{{"name", name}}}}));
  }
  REQUIRE(cluster.store.create("daemonsets", workload("DaemonSet", 1)));
  cluster.settle();
  REQUIRE(cluster.store.list("pods").size() == 2);
  cluster.change("daemonsets",
                 [](Object& set) { object_at(set, {"spec", "template", "spec"})["hostNetwork"] = true; });
  for (const ObjectPtr& pod : cluster.store.list("pods")) CHECK(being_deleted(*pod));
  for (int i = 0; i < 2; ++i) cluster.kubelet();
  CHECK(cluster.status("daemonsets", "numberReady") == 2);
  CHECK(cluster.status("daemonsets", "updatedNumberScheduled") == 2);
}

TEST_CASE("an owner that heals puts replicas back, and is named as their manager") {
  Cluster cluster;
  REQUIRE(cluster.store.create("deployments", workload("Deployment", 3)));
  SelfHeal heal(cluster.context.get_executor(), cluster.store);
  const auto replicas = [&] {
    return integer_at(*cluster.store.get("deployments", ns, "db"), {"spec", "replicas"});
  };
  heal.set(std::chrono::milliseconds{1});
  REQUIRE(cluster.store.modify("deployments", ns, "db", [](Object& changed) { scale(changed, 0); }));
  cluster.context.restart();
  cluster.context.run();  // until its timer has struck
  CHECK(replicas() == 3);
  const std::string managers = boost::json::serialize(
      items_at(*cluster.store.get("deployments", ns, "db"), {"metadata", "managedFields"}));
  CHECK(managers.find("argocd-controller") != std::string::npos);
  heal.set(std::nullopt);
  REQUIRE(cluster.store.modify("deployments", ns, "db", [](Object& changed) { scale(changed, 0); }));
  cluster.context.restart();
  cluster.context.run();
  CHECK(replicas() == 0);
}
