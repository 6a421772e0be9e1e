// Into which bucket a request goes that did not end well: the outcome, and the words for a person.
#pragma once

#include "base/async.hpp"
#include "probe/ask/connection.hpp"
#include "probe/ask/poller.hpp"
#include "probe/sample.hpp"

namespace meshdrill::probe {

// No connection.
void set_connect_failure(Sample& sample, const error_code& error);

// A wait that did not end with a ready socket. `late` is the bucket of the phase it was in.
void set_late(Sample& sample, Wake wake, Outcome late);

// What went wrong on a connection that had been established. `lost` is the bucket of the phase it was in.
void set_lost(Sample& sample, const Connection& connection, Io state, Outcome lost);

// What came is not HTTP/1.x, or too much of it.
void set_parse_failure(Sample& sample, const error_code& error);

}  // namespace meshdrill::probe
