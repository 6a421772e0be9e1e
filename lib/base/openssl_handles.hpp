// OpenSSL's objects as unique_ptr, for the files that deal in certificates.
#pragma once

#include "base/result.hpp"

#include <memory>
#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

namespace meshdrill::openssl {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Memory = std::unique_ptr<BIO, Deleter<BIO_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Deleter<GENERAL_NAMES_free>>;

// "cannot DOING: " and what OpenSSL says; its queue of errors is empty afterwards.
tl::unexpected<Error> error(std::string_view doing);

// What was written to a memory BIO.
std::string text_of(BIO* memory);

// The first of its kind in PEM text; null when there is none.
Certificate parse_certificate(std::string_view pem);
Key parse_key(std::string_view pem);

}  // namespace meshdrill::openssl
