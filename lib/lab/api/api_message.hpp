// Between HTTP messages and the API's requests and responses.
#pragma once

#include "base/duration.hpp"
#include "lab/api/api_types.hpp"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

namespace meshdrill::lab {

using HttpRequest = boost::beast::http::request<boost::beast::http::string_body>;
using HttpResponse = boost::beast::http::response<boost::beast::http::string_body>;

// All but the user. Takes the body out of `message`.
ApiRequest to_request(HttpRequest& message);

// With a Date that is `clock_skew` ahead.
HttpResponse to_message(ApiResponse response, Duration clock_skew);

}  // namespace meshdrill::lab
