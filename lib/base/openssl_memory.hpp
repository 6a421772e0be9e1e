// OpenSSL's memory. A TLS handshake asks for some 1,500 blocks and gives nearly all of them back, which is a
// tenth of its time with malloc() of glibc. Here each thread keeps what it gives back, by size.
#pragma once

namespace meshdrill::openssl {

// To be called before anything else of OpenSSL is; later it does nothing. A thread holds as much as it had in
// use at most, until it ends. Memory that OpenSSL wants cleared it clears itself, before it gives it back.
void keep_memory();

}  // namespace meshdrill::openssl
