// What the prober saw, as it stands in the journal: a sample is one JSON array, since a run has hundreds a
// second.
#pragma once

#include "base/result.hpp"
#include "probe/sample.hpp"

#include <boost/json/object.hpp>

namespace meshdrill::drill {

// {"upto", "samples": [[…]…], "answers": […], "stalls": […], "findings": […]}; empty lists are left out. A
// sample's last element, {"syn_retransmits": 1, …}, has what few of them have; journals from before it have
// none.
boost::json::object encode(const probe::Batch& batch);
Result<probe::Batch> decode_batch(const boost::json::object& fields);

boost::json::object encode(const probe::Stream& stream);
Result<probe::Stream> decode_stream(const boost::json::value& value);

boost::json::object encode(const probe::DnsAnswer& answer);
Result<probe::DnsAnswer> decode_answer(const boost::json::value& value);

boost::json::object encode(const probe::DnsFinding& finding);
Result<probe::DnsFinding> decode_finding(const boost::json::value& value);

boost::json::object encode(const probe::Vantage& vantage);
Result<probe::Vantage> decode_vantage(const boost::json::value& value);

}  // namespace meshdrill::drill
