// OpenSSL's memory. A TLS handshake asks for some 1,500 blocks and gives nearly all of them back, which is a
// tenth of its time with malloc() of glibc. Here each thread keeps what it gives back, by size.
#pragma once

namespace meshdrill::openssl {

// To be called before anything else of OpenSSL is; later it does nothing. What a thread gives back it holds
// until it ends: as much as it had in use at most, if it gives back what it asked for itself. Ours do; one
// that only gave back what others ask for would grow. Memory that OpenSSL wants cleared it clears itself,
// before it gives it back.
void keep_memory();

}  // namespace meshdrill::openssl
