#include "lab/controllers/ingress_status.hpp"

#include "lab/net/ingress_routes.hpp"

namespace meshdrill::lab {

namespace json = boost::json;

IngressStatus::IngressStatus(Executor executor, ObjectStore& store, std::string class_name,
                             std::string address)
    : store_(store),
      class_name_(std::move(class_name)),
      address_(std::move(address)),
      queue_(executor, [this](const ObjectKey& key) { reconcile(key); }),
      subscription_(store.subscribe([this](const Change& change) {
        if (change.resource == "ingresses") queue_.add(key_of(*change.object));
      })) {
  for (const ObjectPtr& ingress : store_.list("ingresses")) queue_.add(key_of(*ingress));
}

void IngressStatus::reconcile(const ObjectKey& key) {
  const ObjectPtr ingress = store_.get("ingresses", key.ns, key.name);
  if (!ingress || !IngressRoutes::is_of_class(*ingress, class_name_)) return;
  static_cast<void>(store_.modify("ingresses", key.ns, key.name, [this](Object& changed) {
    object_at(changed, {"status", "loadBalancer"})["ingress"] = json::array{Object{{"ip", address_}}};
  }));
}

}  // namespace meshdrill::lab
