#include "lab/net/dns_message.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace meshdrill::lab {
namespace {

constexpr std::size_t header_size = 12;
constexpr std::uint16_t our_edns_payload = 1232;  // what DNS flag day 2020 recommends

constexpr std::uint8_t flag_response = 0x80;  // byte 2
constexpr std::uint8_t flag_authoritative = 0x04;
constexpr std::uint8_t flag_truncated = 0x02;
constexpr std::uint8_t flag_recursion_desired = 0x01;

class Reader {
 public:
  Reader(std::span<const std::uint8_t> bytes, std::size_t at) : bytes_(bytes), at_(at) {}

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] std::size_t at() const { return at_; }

  std::uint8_t byte() {
    if (at_ >= bytes_.size()) {
      good_ = false;
      return 0;
    }
    return bytes_[at_++];
  }
  std::uint16_t number() {
    const unsigned high = byte();
    return static_cast<std::uint16_t>(high << 8 | byte());
  }
  void skip(std::size_t count) {
    if (count > bytes_.size() - at_) good_ = false;
    at_ = good_ ? at_ + count : bytes_.size();
  }

  // A question's name is the first in its message, so a compression pointer has nothing to point at.
  std::string name() {
    std::string text;
    for (std::size_t length = byte(); length != 0 && good_; length = byte()) {
      if (length > 63 || text.size() > 255) good_ = false;
      if (!text.empty()) text += '.';
      for (std::size_t i = 0; i < length && good_; ++i) text += static_cast<char>(std::tolower(byte()));
    }
    return text;
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_;
  bool good_ = true;
};

class Writer {
 public:
  void byte(unsigned value) { bytes.push_back(static_cast<std::uint8_t>(value)); }
  void number(unsigned value) {
    byte(value >> 8 & 0xff);
    byte(value & 0xff);
  }
  void number32(std::uint32_t value) {
    number(value >> 16);
    number(value & 0xffff);
  }
  void append(const std::vector<std::uint8_t>& more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

  std::vector<std::uint8_t> bytes;
};

void write_record(Writer& writer, const DnsRecord& record, const DnsQuery& query) {
  if (record.name == query.name) {
    writer.number(0xc000 | header_size);  // a pointer to the name in the question
  } else {
    writer.append(encode_name(record.name));
  }
  writer.number(record.type);
  writer.number(1);  // class IN
  writer.number32(record.ttl);
  writer.number(static_cast<unsigned>(record.data.size()));
  writer.append(record.data);
}

void write_edns(Writer& writer, DnsCode code) {
  writer.byte(0);  // the root name
  writer.number(dns_type_opt);
  writer.number(our_edns_payload);
  writer.byte(static_cast<unsigned>(code) >> 4);  // the upper bits of the code
  writer.byte(0);                                 // version
  writer.number(0);
  writer.number(0);  // no options
}

std::vector<std::uint8_t> encode(const DnsQuery& query, const DnsAnswer& answer, bool truncated) {
  Writer writer;
  writer.number(query.id);
  writer.byte(flag_response | static_cast<unsigned>(query.opcode) << 3 |
              (answer.authoritative ? flag_authoritative : 0U) | (truncated ? flag_truncated : 0U) |
              (query.recursion_desired ? flag_recursion_desired : 0U));
  writer.byte(static_cast<unsigned>(answer.code) & 0x0f);
  writer.number(query.question.empty() ? 0 : 1);
  writer.number(truncated ? 0 : static_cast<unsigned>(answer.answers.size()));
  writer.number(truncated ? 0 : static_cast<unsigned>(answer.authorities.size()));
  writer.number(query.edns_payload ? 1 : 0);
  writer.append(query.question);
  if (!truncated) {
    for (const DnsRecord& record : answer.answers) write_record(writer, record, query);
    for (const DnsRecord& record : answer.authorities) write_record(writer, record, query);
  }
  if (query.edns_payload) write_edns(writer, answer.code);
  return writer.bytes;
}

}  // namespace

std::vector<std::uint8_t> encode_name(std::string_view name) {
  std::vector<std::uint8_t> bytes;
  while (!name.empty()) {
    const std::string_view part = name.substr(0, name.find('.'));
    bytes.push_back(static_cast<std::uint8_t>(part.size()));
    bytes.insert(bytes.end(), part.begin(), part.end());
    name.remove_prefix(std::min(name.size(), part.size() + 1));
  }
  bytes.push_back(0);
  return bytes;
}

std::optional<DnsQuery> parse_query(std::span<const std::uint8_t> message) {
  if (message.size() < header_size || (message[2] & flag_response) != 0) return std::nullopt;
  Reader reader(message, 0);
  DnsQuery query;
  query.id = reader.number();
  const std::uint16_t flags = reader.number();
  query.opcode = static_cast<std::uint8_t>(flags >> 11 & 0x0f);
  query.recursion_desired = (flags & 0x0100) != 0;
  const std::uint16_t questions = reader.number();
  const unsigned records = unsigned{reader.number()} + reader.number();
  const std::uint16_t additional = reader.number();
  if (query.opcode != 0) {
    query.problem = DnsCode::not_implemented;
    return query;
  }
  query.name = reader.name();
  query.type = reader.number();
  query.qclass = reader.number();
  if (questions != 1 || records != 0 || !reader.good()) {
    query.problem = DnsCode::format_error;
    return query;
  }
  query.question.assign(message.begin() + header_size,
                        message.begin() + static_cast<std::ptrdiff_t>(reader.at()));
  for (unsigned i = 0; i < additional; ++i) {
    static_cast<void>(reader.name());
    const std::uint16_t type = reader.number();
    const std::uint16_t payload = reader.number();
    reader.byte();
    const std::uint8_t version = reader.byte();
    reader.number();
    reader.skip(reader.number());
    if (!reader.good()) {
      query.problem = DnsCode::format_error;
      return query;
    }
    if (type != dns_type_opt) continue;
    query.edns_payload = payload;
    query.edns_version = version;
  }
  return query;
}

std::vector<std::uint8_t> encode_answer(const DnsQuery& query, const DnsAnswer& answer, std::size_t limit) {
  std::vector<std::uint8_t> whole = encode(query, answer, false);
  if (whole.size() <= limit) return whole;
  return encode(query, answer, true);
}

}  // namespace meshdrill::lab
