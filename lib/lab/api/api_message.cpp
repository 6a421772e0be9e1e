#include "lab/api/api_message.hpp"

#include <chrono>
#include <string>
#include <utility>

#include <fmt/chrono.h>

namespace meshdrill::lab {
namespace {

namespace http = boost::beast::http;

std::string http_date(Duration ahead) {
  const auto now = std::chrono::time_point_cast<std::chrono::seconds>(
      std::chrono::system_clock::now() + std::chrono::duration_cast<std::chrono::seconds>(ahead));
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
}

}  // namespace

ApiRequest to_request(HttpRequest& message) {
  ApiRequest request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  request.accept = std::string(message[http::field::accept]);
  request.content_type = std::string(message[http::field::content_type]);
  request.user_agent = std::string(message[http::field::user_agent]);
  request.body = std::move(message.body());
  return request;
}

HttpResponse to_message(ApiResponse response, Duration clock_skew) {
  HttpResponse message(static_cast<http::status>(response.status), 11);
  message.set(http::field::date, http_date(clock_skew));
  message.set(http::field::content_type, response.content_type);
  message.set(http::field::cache_control, "no-cache, private");
  for (const auto& [name, value] : response.headers) message.set(name, value);
  message.body() = std::move(response.body);
  return message;
}

}  // namespace meshdrill::lab
