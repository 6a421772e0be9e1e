#include "probe/dns/dns_message.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

constexpr std::size_t longest_name = 255;   // octets, RFC 1035 section 2.3.4
constexpr std::uint32_t most_expected = 8;  // records that memory is taken for before they are read
constexpr std::size_t longest_chain = 16;   // of aliases; what BIND and Unbound give up after

// Reads on from a place in the message. Once something did not fit, everything else is refused too.
class Reader {
 public:
  explicit Reader(std::span<const unsigned char> bytes) : bytes_(bytes) {}

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] std::size_t at() const { return at_; }

  void expect_at(std::size_t place) { failed_ = failed_ || at_ != place; }

  std::uint32_t number(std::size_t octets) {
    std::uint32_t value = 0;
    for (const unsigned char octet : take(octets)) value = value << 8 | octet;
    return value;
  }

  std::span<const unsigned char> take(std::size_t octets) {
    if (failed_ || octets > bytes_.size() - at_) {
      failed_ = true;
      return {};
    }
    at_ += octets;
    return bytes_.subspan(at_ - octets, octets);
  }

  // A name, whose end may stand anywhere before it (RFC 1035, section 4.1.4). Pointers only lead back, so
  // there is no circle.
  std::string name() {
    std::string text;
    std::size_t octets = 0;
    std::optional<std::size_t> resume;
    std::size_t lowest = at_;
    std::size_t begin = at_;
    while (!failed_) {
      const std::uint32_t length = number(1);
      if (length >= 0xc0) {
        const std::size_t target = (length & 0x3fU) << 8 | number(1);
        if (!resume) resume = at_;
        failed_ = failed_ || target >= lowest;
        if (failed_) break;
        lowest = at_ = target;
        if (!text.empty()) continue;
        begin = target;
        if (known_ != target) continue;
        text = known_text_;
        break;
      }
      octets += length + 1;
      failed_ = failed_ || length > 63 || octets > longest_name;
      if (failed_ || length == 0) break;
      if (!text.empty()) text += '.';
      append(text, take(length));
    }
    if (failed_) return text;
    if (resume) at_ = *resume;
    known_ = begin;
    known_text_ = text;
    return text;
  }

 private:
  static bool is_plain(unsigned char octet) {
    return octet > ' ' && octet < 0x7f && octet != '.' && octet != '\\';
  }

  static void append(std::string& text, std::span<const unsigned char> label) {
    if (std::all_of(label.begin(), label.end(), is_plain)) {
      text.append(reinterpret_cast<const char*>(label.data()), label.size());
      return;
    }
    for (const unsigned char octet : label) {
      if (is_plain(octet)) {
        text += static_cast<char>(octet);
      } else {
        text += fmt::format("\\{:03}", octet);
      }
    }
  }

  std::span<const unsigned char> bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
  // Where the latest name began, and what it was: the owners of an answer's records point to the same place.
  std::optional<std::size_t> known_;
  std::string known_text_;
};

// What the data of each type is.
void read_data(Reader& reader, std::size_t length, DnsRecord& record) {
  switch (record.type) {
    case RecordType::a:
    case RecordType::aaaa: {
      const bool v4 = record.type == RecordType::a;
      record.address.family = v4 ? Family::ipv4 : Family::ipv6;
      if (length != (v4 ? 4 : 16)) length = SIZE_MAX;  // take() refuses it
      for (const unsigned char octet : reader.take(length))
        record.address.value = record.address.value << 8 | octet;
      return;
    }
    case RecordType::ns:
    case RecordType::cname:
      record.name = reader.name();
      return;
    case RecordType::soa:  // that there is one is all we want of it
      break;
  }
  reader.take(length);
}

void read_section(Reader& reader, std::uint32_t count, std::vector<DnsRecord>& section) {
  section.reserve(std::min(count, most_expected));
  for (; count > 0; --count) {
    DnsRecord record;
    record.owner = reader.name();
    const std::uint32_t type = reader.number(2);
    const std::uint32_t dns_class = reader.number(2);
    const std::uint32_t ttl = reader.number(4);
    const std::uint32_t length = reader.number(2);
    if (reader.failed()) return;
    record.ttl = std::chrono::seconds{ttl >> 31 == 0 ? ttl : 0};
    record.type = static_cast<RecordType>(type);
    const std::size_t end = reader.at() + length;
    const bool wanted = dns_class == 1 && (type == 1 || type == 2 || type == 5 || type == 6 || type == 28);
    if (wanted) {
      read_data(reader, length, record);
    } else {
      reader.take(length);
    }
    reader.expect_at(end);
    if (reader.failed()) return;
    if (wanted) section.push_back(std::move(record));
  }
}

// RFC 1035 and 2136; those that no DnsResult has.
std::string code_name(int code) {
  switch (code) {
    case 1:
      return "the server could not read our question (FORMERR)";
    case 4:
      return "the server does not answer such questions (NOTIMP)";
    default:
      return fmt::format("the server answered with code {}", code);
  }
}

DnsResult result_of_code(int code) {
  switch (code) {
    case 0:
      return DnsResult::ok;
    case 2:
      return DnsResult::servfail;
    case 3:
      return DnsResult::nxdomain;
    case 5:
      return DnsResult::refused;
    default:
      return DnsResult::error;
  }
}

// A server that is neither the zone's nor recursive answers with where to ask instead.
const DnsRecord* referral(const DnsMessage& message) {
  if (message.authoritative || !message.answer.empty()) return nullptr;
  const auto has = [&](RecordType type) {
    return std::find_if(message.authority.begin(), message.authority.end(),
                        [type](const DnsRecord& record) { return record.type == type; });
  };
  const auto server = has(RecordType::ns);
  return server != message.authority.end() && has(RecordType::soa) == message.authority.end() ? &*server
                                                                                              : nullptr;
}

// Follows the aliases from `name`; the end of the chain, or nothing when there is none.
std::optional<std::string> follow_aliases(const std::vector<DnsRecord>& records, std::string name,
                                          DnsAnswer& answer, std::chrono::seconds& ttl) {
  while (true) {
    const auto alias = std::find_if(records.begin(), records.end(), [&](const DnsRecord& record) {
      return record.type == RecordType::cname && same_name(record.owner, name);
    });
    if (alias == records.end()) return name;
    if (answer.aliases.size() == longest_chain) return std::nullopt;
    ttl = std::min(ttl, alias->ttl);
    name = alias->name;
    answer.aliases.push_back(name);
  }
}

}  // namespace

Result<DnsMessage> parse_dns_message(std::span<const unsigned char> bytes) {
  DnsMessage message;
  Reader reader{bytes};
  reader.take(2);  // the id, which c-ares compares
  const std::uint32_t flags = reader.number(2);
  const std::uint32_t questions = reader.number(2);
  const std::uint32_t answers = reader.number(2);
  const std::uint32_t authorities = reader.number(2);
  reader.take(2);
  if (reader.failed()) return fail(fmt::format("{} octets are no DNS message", bytes.size()));
  if ((flags & 0x8000U) == 0) return fail("a question came back instead of an answer");
  message.code = static_cast<int>(flags & 0xfU);
  message.authoritative = (flags & 0x0400U) != 0;
  message.truncated = (flags & 0x0200U) != 0;
  for (std::uint32_t i = 0; i < questions && !reader.failed(); ++i) {
    reader.name();
    reader.take(4);
  }
  read_section(reader, answers, message.answer);
  read_section(reader, authorities, message.authority);
  if (reader.failed() && !message.truncated)
    return fail(
        fmt::format("the answer breaks off or makes no sense at octet {} of {}", reader.at(), bytes.size()));
  return message;
}

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  if (a == b) return true;
  if (a.ends_with('.')) a.remove_suffix(1);
  if (b.ends_with('.')) b.remove_suffix(1);
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

void read_addresses(const DnsMessage& message, std::string_view question, DnsAnswer& answer) {
  answer.authoritative = message.authoritative;
  std::chrono::seconds ttl = std::chrono::seconds::max();
  const auto end = follow_aliases(message.answer, std::string{question}, answer, ttl);
  answer.result = result_of_code(message.code);
  if (answer.result == DnsResult::error) answer.detail = code_name(message.code);
  if (answer.result != DnsResult::ok) return;
  if (!end) {
    answer.result = DnsResult::error;
    answer.detail = fmt::format("more than {} aliases, or a circle of them", longest_chain);
    return;
  }
  const RecordType type = answer.family == Family::ipv4 ? RecordType::a : RecordType::aaaa;
  answer.records.reserve(message.answer.size());
  for (const DnsRecord& record : message.answer) {
    if (record.type != type || !same_name(record.owner, *end)) continue;
    answer.records.push_back({record.address, record.ttl});
    ttl = std::min(ttl, record.ttl);
  }
  if (!answer.records.empty()) {
    answer.ttl = ttl;
    return;
  }
  answer.result = DnsResult::empty;
  if (const DnsRecord* server = referral(message)) {
    answer.result = DnsResult::error;
    answer.detail = fmt::format("the server refers to those of {}", server->owner);
  }
}

}  // namespace meshdrill::probe
