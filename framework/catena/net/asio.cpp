// Asio's own sources, compiled once for the whole library.
#include <asio/impl/src.hpp>
