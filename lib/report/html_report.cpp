#include "report/html_report.hpp"

#include "report/embedded.hpp"
#include "report/escape.hpp"
#include "report/html_chart.hpp"
#include "report/html_sections.hpp"
#include "report/phrases.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::report {

std::string render_html(const RunRecord& run) {
  // Should something slip through the escaping, the policy still keeps the page from asking anybody for
  // anything.
  std::string text = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src "
      "'unsafe-inline'; "
      "style-src 'unsafe-inline'\">\n<meta name=\"viewport\" content=\"width=device-width\">\n"
      "<meta name=\"generator\" content=\"meshdrill\">\n<title>{}: "
      "{}</title>\n<style>\n{}</style>\n</head>\n<body>\n",
      headline(run.verdict.kind), escape_xml(run.history.scenario.name), page::style);
  text += html::verdict(run) + html::preflight(run.history);
  if (!run.timeline.windows.empty()) {
    text +=
        "<section>\n<h2>Timeline</h2>\n<noscript><p>The timeline is drawn by a script; the tables below have "
        "its "
        "numbers.</p></noscript>\n<figure><div id=\"chart\"></div><div id=\"tip\" "
        "role=\"status\"></div></figure>\n"
        "<p class=\"note hint\">Point at it, or use the arrow keys in it, for numbers.</p>\n</section>\n";
  }
  text += html::outages(run.history) + html::matrix(run.history) + html::proofs(run.history) +
          html::checks(run.verdict) + html::put_back(run.history) + html::not_proved(run) +
          html::what_happened(run.timeline) + html::environment(run);
  text += fmt::format(
      "<footer>\n<details><summary>Notices of D3, which draws the "
      "timeline</summary>\n<pre>{}</pre></details>\n</footer>\n",
      escape_xml(page::d3_notices));
  if (!run.timeline.windows.empty()) {
    text += fmt::format("<script type=\"application/json\" id=\"run\">{}</script>\n<script>\n",
                        escape_script(boost::json::serialize(chart_data(run))));
    text += page::d3_script;
    text += "\n</script>\n<script>\n";
    text += page::script;
    text += "</script>\n";
  }
  return text + "</body>\n</html>\n";
}

}  // namespace meshdrill::report
