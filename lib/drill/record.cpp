#include "drill/record.hpp"

#include "base/text.hpp"

#include <exception>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

namespace json = boost::json;

constexpr std::int64_t record_schema = 1;

std::string text(const json::object& fields, std::string_view key) {
  return std::string{fields.at(key).as_string()};
}

Record parse(const json::object& fields) {
  Record record{text(fields, "run"),
                text(fields, "drill"),
                text(fields, "host"),
                text(fields, "started"),
                static_cast<int>(fields.at("scaledTo").as_int64()),
                {}};
  for (const json::value& value : fields.at("workloads").as_array()) {
    const json::object& workload = value.as_object();
    record.workloads.push_back({{text(workload, "namespace"), text(workload, "name")},
                                text(workload, "uid"),
                                static_cast<int>(workload.at("replicas").as_int64())});
  }
  return record;
}

}  // namespace

std::string encode(const Record& record) {
  json::array workloads;
  for (const Workload& workload : record.workloads) {
    workloads.push_back({{"namespace", workload.object.ns},
                         {"name", workload.object.name},
                         {"uid", workload.uid},
                         {"replicas", workload.replicas}});
  }
  return json::serialize(json::object{{"schema", record_schema},
                                      {"run", record.run},
                                      {"drill", record.drill},
                                      {"host", record.host},
                                      {"started", record.started},
                                      {"scaledTo", record.scaled_to},
                                      {"workloads", std::move(workloads)}});
}

Result<Record> decode_record(std::string_view encoded) {
  try {
    const json::value value = json::parse(json::string_view{encoded.data(), encoded.size()});
    const json::object& fields = value.as_object();
    const auto schema = fields.at("schema").as_int64();
    if (schema != record_schema)
      return fail(fmt::format("the record has schema {}, this version reads {}", schema, record_schema));
    return parse(fields);
  } catch (const std::exception& error) {
    return fail(fmt::format("the record of the drill cannot be read: {}", error.what()));
  }
}

std::string restore_command(const std::string& context, const Workload& workload) {
  return fmt::format("kubectl --context {} -n {} scale deployment/{} --replicas={}", shell_quote(context),
                     shell_quote(workload.object.ns), shell_quote(workload.object.name), workload.replicas);
}

}  // namespace meshdrill::drill
