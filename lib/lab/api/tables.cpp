#include "lab/api/tables.hpp"

#include "lab/api/json_access.hpp"
#include "lab/api/table_columns.hpp"
#include "lab/api/timestamps.hpp"

#include <string>
#include <utility>

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace meshdrill::lab {

namespace json = boost::json;

namespace {

std::string age_of(const Object& object, std::chrono::system_clock::time_point now) {
  const auto made = parse_timestamp(text_at(object, {"metadata", "creationTimestamp"}));
  if (!made) return "<unknown>";
  return human_duration(std::chrono::duration_cast<std::chrono::seconds>(now - *made));
}

json::object column_definition(const Column& column) {
  return {{"name", column.name},
          {"type", column.number ? "integer" : "string"},
          {"format", column.name == "Name" ? "name" : ""},
          {"description", column.name},
          {"priority", column.wide ? 1 : 0}};
}

json::array cells_of(const Object& object, const Columns& columns,
                     std::chrono::system_clock::time_point now) {
  json::array cells;
  for (const Column& column : columns) {
    if (column.name == "Name") {
      cells.emplace_back(name_of(object));
    } else if (column.name == "Age") {
      cells.emplace_back(age_of(object, now));
    } else {
      cells.push_back(column.cell(object));
    }
  }
  return cells;
}

}  // namespace

std::string human_duration(std::chrono::seconds age) {
  const auto seconds = age.count();
  const auto minutes = seconds / 60;
  const auto hours = minutes / 60;
  const auto days = hours / 24;
  const auto both = [](auto big, char big_unit, auto small, char small_unit) {
    return small == 0 ? fmt::format("{}{}", big, big_unit)
                      : fmt::format("{}{}{}{}", big, big_unit, small, small_unit);
  };
  if (seconds < 0) return "0s";
  if (seconds < 120) return fmt::format("{}s", seconds);
  if (minutes < 10) return both(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return fmt::format("{}m", minutes);
  if (hours < 8) return both(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return fmt::format("{}h", hours);
  if (days < 8) return both(days, 'd', hours % 24, 'h');
  if (days < 730) return fmt::format("{}d", days);
  return both(days / 365, 'y', days % 365, 'd');
}

json::object partial_metadata(const Object& object) {
  json::object partial{{"kind", "PartialObjectMetadata"}, {"apiVersion", "meta.k8s.io/v1"}};
  if (const json::object* const metadata = find_object(object, {"metadata"})) partial["metadata"] = *metadata;
  return partial;
}

json::object make_table(const ResourceType& type, const std::vector<ObjectPtr>& objects, RowObject include,
                        std::chrono::system_clock::time_point now) {
  const Columns columns = columns_of(type);
  json::array definitions;
  for (const Column& column : columns) definitions.push_back(column_definition(column));
  json::array rows;
  for (const ObjectPtr& object : objects) {
    json::object row{{"cells", cells_of(*object, columns, now)}};
    if (include == RowObject::metadata) row["object"] = partial_metadata(*object);
    if (include == RowObject::object) row["object"] = *object;
    rows.push_back(std::move(row));
  }
  return {{"kind", "Table"},
          {"apiVersion", "meta.k8s.io/v1"},
          {"metadata", json::object()},
          {"columnDefinitions", std::move(definitions)},
          {"rows", std::move(rows)}};
}

}  // namespace meshdrill::lab
