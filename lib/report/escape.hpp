// Text of a journal, made safe for the language of each report. All of it may come from outside: the start of
// an unexpected body, an error that a server sent, a name that somebody chose.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace meshdrill::report {

// Without what XML 1.0 cannot hold (control characters other than tab and line ends, U+FFFE, U+FFFF); bytes
// that are no UTF-8 become U+FFFD. JSON, HTML and terminals are glad of the same.
std::string clean(std::string_view text);

// At most `most` bytes of it, cut between characters and marked with "…" where something is missing.
std::string shorten(std::string_view text, std::size_t most);

// For text and for double-quoted attributes of XML and HTML. Line ends become &#10;, as attributes need it.
std::string escape_xml(std::string_view text);
// For text alone: line ends stay, for whoever reads the file itself.
std::string escape_xml_text(std::string_view text);

// For one line of GitHub's and GitLab's Markdown, a table's cell included: nothing in it is markup, a link, a
// mention or a reference.
std::string escape_markdown(std::string_view text);

// For the message of a workflow command of GitHub Actions, and for its properties.
std::string escape_github(std::string_view text);
std::string escape_github_property(std::string_view text);

// For a field of comma-separated values (RFC 4180). Text that a spreadsheet would take for a formula gets a
// quotation mark in front.
std::string escape_csv(std::string_view text);

// For the value of a label of Prometheus's text format.
std::string escape_label(std::string_view text);

// JSON that may stand inside a <script> element: no "<", no line separators that old scripts choke on.
std::string escape_script(std::string_view json);

}  // namespace meshdrill::report
