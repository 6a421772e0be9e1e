#include "version.hpp"

#include "commit.hpp"

#include <CLI/Version.hpp>
#include <ares.h>
#include <boost/version.hpp>
#include <fmt/format.h>
#include <openssl/crypto.h>

namespace meshdrill::cli {

std::string version() {
  return MESHDRILL_VERSION;
}

std::string commit_date() {
  return MESHDRILL_COMMIT_DATE;
}

std::string version_text() {
  std::string text = fmt::format("meshdrill {}\ncommit    {} of {}\ncompiler  {}\n", version(),
                                 MESHDRILL_COMMIT, commit_date(), MESHDRILL_COMPILER);
  const auto library = [&](const char* name, const std::string& its_version) {
    text += fmt::format("{:<9} {}\n", name, its_version);
  };
  library("Boost",
          fmt::format("{}.{}.{}", BOOST_VERSION / 100'000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100));
  library("OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING));
  library("c-ares", ares_version(nullptr));
  library("yaml-cpp", MESHDRILL_YAML_CPP);
  library("fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10'000, FMT_VERSION / 100 % 100, FMT_VERSION % 100));
  library("CLI11", CLI11_VERSION);
  text.pop_back();  // whoever prints it ends the line
  return text;
}

}  // namespace meshdrill::cli
