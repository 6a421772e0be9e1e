#include "drill/journal/sample_codec.hpp"
#include "drill/safety/record.hpp"
#include "fuzz.hpp"

#include <boost/json/parse.hpp>

using namespace meshdrill;

// A journal's line, and the record that stands in the target cluster.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  if (const auto record = drill::decode_record(text); !record) {
    fuzz::demand(!record.error().message.empty(), "a refusal says why");
  }
  boost::system::error_code failed;
  const boost::json::value value = boost::json::parse(text, failed);
  if (failed) return 0;
  drill::decode_stream(value);
  drill::decode_answer(value);
  drill::decode_finding(value);
  if (value.is_object()) drill::decode_batch(value.as_object());
  return 0;
}
