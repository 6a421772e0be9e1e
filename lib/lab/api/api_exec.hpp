// pods/exec over a WebSocket (the subprotocols v4 and v5 of channel.k8s.io), and pods/proxy.
#pragma once

#include "lab/api/api_call.hpp"
#include "lab/api/pod_access.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::lab {

// What a GET or POST of pods/NAME/exec asks for, carried out; or why not.
StoreResult<ExecOutput> run_in_pod(const ApiHandler& api, const ApiRequest& request);

// The frames that carry the output, in order: one byte for the channel, then the bytes. The last one is the
// Status on the error channel.
std::vector<std::string> exec_frames(const ExecOutput& output);

// The first of the subprotocols that a client offers ("v5.channel.k8s.io, v4.channel.k8s.io") which is spoken
// here; empty when there is none.
std::string chosen_protocol(std::string_view offered);

// pods/NAME:PORT/proxy/PATH.
ApiResponse proxy_to_pod(const ApiCall& call);

}  // namespace meshdrill::lab
