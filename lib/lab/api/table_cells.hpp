// What stands in one cell of a table of objects.
#pragma once

#include "lab/api/object_store.hpp"

#include <string>
#include <vector>

#include <boost/json/value.hpp>

namespace meshdrill::lab::cells {

using Keys = std::vector<std::string>;

boost::json::value text(const Object& object, const Keys& path, const std::string& fallback);
boost::json::value number(const Object& object, const Keys& path);  // 0 when absent

boost::json::value ready_of_wanted(const Object& workload);
boost::json::value container_names(const Object& workload);
boost::json::value container_images(const Object& workload);
boost::json::value match_labels(const Object& workload);

boost::json::value pod_ready(const Object& pod);
boost::json::value pod_status(const Object& pod);
boost::json::value pod_restarts(const Object& pod);

boost::json::value external_ip(const Object& service);
boost::json::value service_ports(const Object& service);
boost::json::value selector(const Object& service);
boost::json::value slice_ports(const Object& slice);
boost::json::value slice_endpoints(const Object& slice);
boost::json::value endpoints(const Object& object);
boost::json::value ingress_hosts(const Object& ingress);
boost::json::value ingress_ports(const Object& ingress);
boost::json::value load_balancer(const Object& object);

boost::json::value node_status(const Object& node);
boost::json::value node_roles(const Object& node);
boost::json::value internal_ip(const Object& node);

boost::json::value scale_target(const Object& autoscaler);
boost::json::value scale_metrics(const Object& autoscaler);
boost::json::value event_age(const Object& event);
boost::json::value event_object(const Object& event);
boost::json::value event_message(const Object& event);
boost::json::value data_count(const Object& object);
boost::json::value min_available(const Object& budget);
boost::json::value max_unavailable(const Object& budget);

}  // namespace meshdrill::lab::cells
