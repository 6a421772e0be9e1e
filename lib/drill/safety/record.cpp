#include "drill/safety/record.hpp"

#include "drill/json_members.hpp"

#include <array>
#include <exception>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

namespace json = boost::json;

// 1 knew Deployments alone, all scaled to one value.
constexpr std::int64_t oldest_schema = 1;
constexpr std::int64_t record_schema = 2;

Record parse(const json::object& fields, std::int64_t schema) {
  Record record{
      text(fields, "run"), text(fields, "drill"), text(fields, "host"), text(fields, "started"), {}};
  const bool old = schema == oldest_schema;
  const int scaled_to = old ? static_cast<int>(fields.at("scaledTo").as_int64()) : 0;
  for (const json::value& value : fields.at(old ? "workloads" : "changes").as_array()) {
    record.changes.push_back(decode_change(value.as_object(), scaled_to));
  }
  if (const auto* ownership = fields.if_contains("ownership"))
    record.ownership = ownership_from_string(std::string{ownership->as_string()}).value_or(Ownership::keep);
  return record;
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string{name.data()} : std::string{"unknown"};
}

std::string encode(const Record& record) {
  json::array changes;
  for (const Change& change : record.changes) changes.emplace_back(encode(change));
  return json::serialize(json::object{{"schema", record_schema},
                                      {"run", record.run},
                                      {"drill", record.drill},
                                      {"host", record.host},
                                      {"started", record.started},
                                      {"ownership", to_string(record.ownership)},
                                      {"changes", std::move(changes)}});
}

Result<Record> decode_record(std::string_view encoded) {
  try {
    const json::value value = json::parse(json::string_view{encoded.data(), encoded.size()});
    const json::object& fields = value.as_object();
    const auto schema = fields.at("schema").as_int64();
    if (schema < oldest_schema || schema > record_schema)
      return fail(
          fmt::format("the record has schema {}, this version reads up to {}", schema, record_schema));
    return parse(fields, schema);
  } catch (const std::exception& error) {
    return fail(fmt::format("the record of the drill cannot be read: {}", error.what()));
  }
}

}  // namespace meshdrill::drill
