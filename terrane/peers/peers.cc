#include "terrane/peers/peers.h"

#include <zlib.h>
#include <zstd.h>

#ifdef TERRANE_BLOSC
#include <blosc.h>
#endif
#ifdef TERRANE_BROTLI
#include <brotli/decode.h>
#include <brotli/encode.h>
#endif
#ifdef TERRANE_LZ4
#include <lz4.h>
#endif
#ifdef TERRANE_LZMA
#include <lzma.h>
#endif

namespace terrane {
namespace {

template <class Byte>
const Byte* in(Bytes bytes) {
  return reinterpret_cast<const Byte*>(bytes.data());
}
template <class Byte>
Byte* in(MutableBytes bytes) {
  return reinterpret_cast<Byte*>(bytes.data());
}

struct FreeZstd {
  void operator()(ZSTD_CCtx* c) const { ZSTD_freeCCtx(c); }
  void operator()(ZSTD_DCtx* d) const { ZSTD_freeDCtx(d); }
};

class Zstd final : public Peer {
 public:
  Zstd(std::string_view name, int level) : name_(name), level_(level) {}
  std::string_view name() const override { return name_; }
  bool encode(Bytes raw, std::string& out) override {
    out.resize(ZSTD_compressBound(raw.size()));
    const std::size_t n =
        ZSTD_compressCCtx(compressor_.get(), out.data(), out.size(), raw.data(), raw.size(), level_);
    out.resize(ZSTD_isError(n) != 0 ? 0 : n);
    return !out.empty();
  }
  bool decode(Bytes bytes, MutableBytes raw) override {
    return ZSTD_decompressDCtx(decompressor_.get(), raw.data(), raw.size(), bytes.data(), bytes.size()) ==
           raw.size();
  }

 private:
  std::string_view name_;
  int level_;
  std::unique_ptr<ZSTD_CCtx, FreeZstd> compressor_{ZSTD_createCCtx()};
  std::unique_ptr<ZSTD_DCtx, FreeZstd> decompressor_{ZSTD_createDCtx()};
};

class Zlib final : public Peer {
 public:
  std::string_view name() const override { return "zlib-6"; }
  bool encode(Bytes raw, std::string& out) override {
    uLongf size = compressBound(raw.size());
    out.resize(size);
    const int status = compress2(reinterpret_cast<Bytef*>(out.data()), &size, in<Bytef>(raw), raw.size(), 6);
    out.resize(size);
    return status == Z_OK;
  }
  bool decode(Bytes bytes, MutableBytes raw) override {
    uLongf size = raw.size();
    return uncompress(in<Bytef>(raw), &size, in<Bytef>(bytes), bytes.size()) == Z_OK && size == raw.size();
  }
};

#ifdef TERRANE_LZ4
class Lz4 final : public Peer {
 public:
  std::string_view name() const override { return "lz4"; }
  bool encode(Bytes raw, std::string& out) override {
    const int size = static_cast<int>(raw.size());
    out.resize(static_cast<std::size_t>(LZ4_compressBound(size)));
    const int n = LZ4_compress_default(in<char>(raw), out.data(), size, static_cast<int>(out.size()));
    out.resize(static_cast<std::size_t>(n));
    return n > 0;
  }
  bool decode(Bytes bytes, MutableBytes raw) override {
    const int size = static_cast<int>(raw.size());
    return LZ4_decompress_safe(in<char>(bytes), in<char>(raw), static_cast<int>(bytes.size()), size) == size;
  }
};
#endif

#ifdef TERRANE_LZMA
class Xz final : public Peer {
 public:
  std::string_view name() const override { return "xz-9"; }
  bool encode(Bytes raw, std::string& out) override {
    out.resize(lzma_stream_buffer_bound(raw.size()));
    std::size_t n = 0;
    const lzma_ret status =
        lzma_easy_buffer_encode(9, LZMA_CHECK_NONE, nullptr, in<std::uint8_t>(raw), raw.size(),
                                reinterpret_cast<std::uint8_t*>(out.data()), &n, out.size());
    out.resize(n);
    return status == LZMA_OK;
  }
  bool decode(Bytes bytes, MutableBytes raw) override {
    std::uint64_t memory = ~std::uint64_t{0};
    std::size_t from = 0, to = 0;
    return lzma_stream_buffer_decode(&memory, 0, nullptr, in<std::uint8_t>(bytes), &from, bytes.size(),
                                     in<std::uint8_t>(raw), &to, raw.size()) == LZMA_OK &&
           to == raw.size();
  }
};
#endif

#ifdef TERRANE_BROTLI
class Brotli final : public Peer {
 public:
  std::string_view name() const override { return "brotli-11"; }
  bool encode(Bytes raw, std::string& out) override {
    std::size_t n = BrotliEncoderMaxCompressedSize(raw.size());
    out.resize(n);
    const bool good = BrotliEncoderCompress(11, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, raw.size(),
                                            in<std::uint8_t>(raw), &n,
                                            reinterpret_cast<std::uint8_t*>(out.data())) == BROTLI_TRUE;
    out.resize(n);
    return good;
  }
  bool decode(Bytes bytes, MutableBytes raw) override {
    std::size_t n = raw.size();
    return BrotliDecoderDecompress(bytes.size(), in<std::uint8_t>(bytes), &n, in<std::uint8_t>(raw)) ==
               BROTLI_DECODER_RESULT_SUCCESS &&
           n == raw.size();
  }
};
#endif

#ifdef TERRANE_BLOSC
class Blosc final : public Peer {
 public:
  std::string_view name() const override { return "blosc-bitshuffle-zstd-5"; }
  bool encode(Bytes raw, std::string& out) override {
    out.resize(raw.size() + BLOSC_MAX_OVERHEAD);
    const int n = blosc_compress_ctx(5, BLOSC_BITSHUFFLE, sizeof(std::uint16_t), raw.size(), raw.data(),
                                     out.data(), out.size(), "zstd", 0, 1);
    out.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return n > 0;
  }
  bool decode(Bytes bytes, MutableBytes raw) override {
    std::size_t size = 0;
    return blosc_cbuffer_validate(bytes.data(), bytes.size(), &size) == 0 && size == raw.size() &&
           blosc_decompress_ctx(bytes.data(), raw.data(), raw.size(), 1) == static_cast<int>(raw.size());
  }
};
#endif

}  // namespace

std::vector<std::unique_ptr<Peer>> all_peers() {
  std::vector<std::unique_ptr<Peer>> peers;
  peers.push_back(std::make_unique<Zstd>("zstd-1", 1));
  peers.push_back(std::make_unique<Zstd>("zstd-3", 3));
  peers.push_back(std::make_unique<Zstd>("zstd-9", 9));
  peers.push_back(std::make_unique<Zstd>("zstd-19", 19));
#ifdef TERRANE_LZ4
  peers.push_back(std::make_unique<Lz4>());
#endif
#ifdef TERRANE_LZMA
  peers.push_back(std::make_unique<Xz>());
#endif
#ifdef TERRANE_BROTLI
  peers.push_back(std::make_unique<Brotli>());
#endif
#ifdef TERRANE_BLOSC
  peers.push_back(std::make_unique<Blosc>());
#endif
  peers.push_back(std::make_unique<Zlib>());
  return peers;
}

std::vector<std::string_view> missing_peers() {
  std::vector<std::string_view> packages;
#ifndef TERRANE_LZ4
  packages.push_back("liblz4-dev");
#endif
#ifndef TERRANE_LZMA
  packages.push_back("liblzma-dev");
#endif
#ifndef TERRANE_BROTLI
  packages.push_back("libbrotli-dev");
#endif
#ifndef TERRANE_BLOSC
  packages.push_back("libblosc-dev");
#endif
  return packages;
}

}  // namespace terrane
