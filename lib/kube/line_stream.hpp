#pragma once

#include "kube/client.hpp"
#include "kube/http_session.hpp"

#include <memory>

namespace meshdrill::kube {

// The rest of an answer as lines. `about` is the request, for messages; `connection` must outlive the stream.
std::unique_ptr<LineStream> make_line_stream(std::unique_ptr<HttpSession> session,
                                             const Connection& connection, Request about);

}  // namespace meshdrill::kube
