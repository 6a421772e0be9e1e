// Reads one HTTP/1.x answer, keeping only what the prober wants of it. Beast's message containers cost a
// fifth of the CPU of a request and all of its allocations; its basic_parser alone costs neither.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>

namespace meshdrill::probe {

// What the head of an answer says, as far as the prober minds.
struct AnswerHead {
  int status = 0;
  bool keep_alive = false;  // the connection may carry another request
  std::string header;       // the value of the header asked for; empty without one
  std::string location;     // of the header Location; empty without one
};

class AnswerParser final : public boost::beast::http::basic_parser<false> {
 public:
  // The body is appended to `body`, which must outlive the parser. `has_body` false: the request was HEAD,
  // and the answer ends with its head whatever that says. `header`, unless empty, is the name of one to keep;
  // it must outlive the parser too.
  AnswerParser(std::string& body, std::size_t body_limit_bytes, bool has_body, const std::string& header)
      : body_(body), wanted_(header) {
    eager(true);
    header_limit(8192);
    body_limit(body_limit_bytes);
    skip(!has_body);
  }

  // As far as it was read.
  [[nodiscard]] const AnswerHead& head() const { return head_; }

 private:
  using View = boost::beast::string_view;
  using Error = boost::beast::error_code;
  using Verb = boost::beast::http::verb;
  using Field = boost::beast::http::field;

  void on_request_impl(Verb, View, View, int, Error&) override {}  // never called: this parses answers
  void on_response_impl(int code, View, int, Error&) override { head_.status = code; }
  void on_field_impl(Field field, View name, View value, Error&) override {
    if (field == Field::location) head_.location.assign(value.data(), value.size());
    if (!wanted_.empty() && boost::beast::iequals(name, wanted_))
      head_.header.assign(value.data(), value.size());
  }
  void on_header_impl(Error&) override { head_.keep_alive = keep_alive(); }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
  std::size_t on_body_impl(View part, Error&) override { return take(part); }
  void on_chunk_header_impl(std::uint64_t, View, Error&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View part, Error&) override { return take(part); }
  void on_finish_impl(Error&) override {}

  std::size_t take(View part) {
    body_.append(part.data(), part.size());
    return part.size();
  }

  std::string& body_;
  const std::string& wanted_;
  AnswerHead head_;
};

}  // namespace meshdrill::probe
