// The API server that these tests talk to: the current context of the kubeconfig named by
// MESHDRILL_TEST_KUBECONFIG. The same tests run against the lab's API and against Kubernetes' own.
#pragma once

#include "kube/client.hpp"
#include "kube/kubeconfig.hpp"
#include "kube/resource.hpp"
#include "kube/support/run.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

namespace meshdrill::kube::test {

class LiveApi {
 public:
  // A namespace of its own, which is deleted at the end.
  LiveApi();
  ~LiveApi();
  LiveApi(const LiveApi&) = delete;
  LiveApi& operator=(const LiveApi&) = delete;

  [[nodiscard]] const std::string& space() const { return space_; }
  Client& client() { return *client_; }
  // A client of its own that acts as another user.
  std::unique_ptr<Client> client_as(const std::string& user);

  template <class T>
  T run(Task<T> task) {
    return test::run(io_, std::move(task));
  }

  // Lets work go on until `done` holds.
  void run_until(const std::function<bool()>& done) { test::run_until(io_, done); }

  // These fail the test when the API refuses.
  boost::json::value must(Method method, const std::string& path, const boost::json::value& body = {});
  boost::json::value get(const ObjectRef& object);
  // Creates it in space(); `manifest` is JSON, and its namespace is filled in.
  boost::json::value create(const ResourceType& type, std::string_view manifest);
  // Server-side apply by that field manager.
  ApiResult<boost::json::value> apply_as(const std::string& manager, std::string_view manifest);

  ObjectRef ref(const ResourceType& type, const std::string& name) const { return {type, space_, name}; }
  // Asks again until it holds; fails the test after half a minute.
  void wait_until(const std::function<bool()>& holds, const char* what);

 private:
  asio::io_context io_{1};
  Connection connection_;
  std::unique_ptr<Client> client_;
  std::string space_;
};

// {"apiVersion": "apps/v1", "kind": "Deployment", …} of one container, labelled app=NAME, not scheduled
// anywhere.
std::string deployment_manifest(std::string_view name, int replicas);

}  // namespace meshdrill::kube::test
