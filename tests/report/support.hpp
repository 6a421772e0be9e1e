#pragma once

#include "drill/support.hpp"
#include "report/run_record.hpp"

namespace meshdrill::report::testing {

using drill::testing::Story;

// What a report gets for a made-up run; without a timeline.
inline RunRecord record_of(const Story& story) {
  return {story.history(), drill::judge(story.history()), {}};
}

// Everything that a server, a cluster or a clock could put into a journal to break a report.
inline const std::string hostile =
    "</script><script>alert(1)</script><!-- \"quotes' & "
    "ampersands\n::error::x\r\n|cell|`code`*b*_i_[l](u)@all#1%2C"
    "\x01\x1b[31m\x7f=1+1,\xff\xc3\xe2\x80\xa8\xef\xbf\xbe";

}  // namespace meshdrill::report::testing
