#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <utility>

#include <openssl/err.h>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>

#include <heddle/transport/host_port.hpp>
#include <heddle/transport/tls_auth.hpp>
#include <heddle/transport/tls_core.hpp>
#include <heddle/transport/tls_stream.hpp>
#include <heddle/transport/tls_text.hpp>

namespace heddle::transport {

namespace detail {

inline constexpr std::size_t tls_min_read = 2 * 1024, tls_max_read = 128 * 1024;
inline constexpr std::size_t tls_record = 16 * 1024;       // of plaintext, at most (RFC 8446 §5.1)
inline constexpr std::size_t tls_batch = 64 * 1024;        // of plaintext that one write takes
inline constexpr std::size_t tls_max_output = 128 * 1024;  // that a peer may cause to lie here before we stop reading
inline constexpr std::size_t tls_kept_output = 20 * 1024;
inline constexpr std::size_t tls_max_discarded = 64 * 1024;
inline constexpr std::string_view tls_cleartext_answer =
    "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: 54\r\nconnection: close\r\n\r\n"
    "This port speaks gRPC over HTTP/2 with TLS, not HTTP.\n";

}  // namespace detail

// ---- OpenSSL's side

/// Its memory BIOs never give their memory back; this one is a view of our buffers.
struct tls_core::bio {
  static int read(BIO* b, char* into, int size) {
    byte_buffer& in = static_cast<tls_core*>(BIO_get_data(b))->in_;
    BIO_clear_retry_flags(b);
    if (in.empty()) {
      BIO_set_retry_read(b);
      return -1;
    }
    std::size_t const n = std::min(static_cast<std::size_t>(size), in.size());
    std::memcpy(into, in.data(), n);
    in.consume(n);
    return static_cast<int>(n);
  }
  static int write(BIO* b, char const* from, int size) {
    BIO_clear_retry_flags(b);
    static_cast<tls_core*>(BIO_get_data(b))->out_.append(std::string_view(from, static_cast<std::size_t>(size)));
    return size;
  }
  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }
  static BIO* make(tls_core& core) {
    static std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)> const method = [] {
      BIO_METHOD* const m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "heddle");
      BIO_meth_set_read(m, &read);
      BIO_meth_set_write(m, &write);
      BIO_meth_set_ctrl(m, &control);
      return std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)>(m, &BIO_meth_free);
    }();
    BIO* const b = BIO_new(method.get());
    BIO_set_data(b, &core);
    BIO_set_init(b, 1);
    return b;
  }
};

struct tls_core::completion {
  using allocator_type = heddle::detail::operation_allocator<unsigned char>;
  allocator_type get_allocator() const noexcept { return allocator_type(core->memory_); }
  void operator()() const {
    core->posted_ = false;
    core->progress();
  }
  std::shared_ptr<tls_core> core;
};

HEDDLE_DECL tls_core::tls_core(std::unique_ptr<byte_stream> inner, bool client)
    : inner_(std::move(inner)), client_(client), read_size_(detail::tls_min_read) {
  heddle::detail::shutdown_service::of(inner_->get_executor()).add(*this);
}

HEDDLE_DECL tls_core::~tls_core() {
  heddle::detail::shutdown_service::of(inner_->get_executor()).remove(*this);
  // Freed without this, its session would count as broken, and could not be resumed.
  if (ssl_ != nullptr) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

HEDDLE_DECL bool tls_core::make_ssl(tls_context_source const& contexts) {
  try {
    context_ = contexts.get();
    if (context_ != nullptr) use_http2_rules(*context_);
  } catch (std::exception const& e) {
    fail(std::string("no TLS context: ") + e.what(), asio::error::operation_not_supported);
    return false;
  }
  if (context_ != nullptr) ssl_.reset(SSL_new(context_->native_handle()));
  if (ssl_ == nullptr) {
    fail("no TLS context for this connection", asio::error::operation_not_supported);
    return false;
  }
  BIO* const both = bio::make(*this);
  SSL_set_bio(ssl_.get(), both, both);
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS);
  return true;
}

HEDDLE_DECL void tls_core::start_server(tls_context_source const& contexts) {
  if (!make_ssl(contexts)) return;
  SSL_set_accept_state(ssl_.get());
  SSL_set_verify(ssl_.get(), SSL_get_verify_mode(ssl_.get()), &on_verify);
}

HEDDLE_DECL void tls_core::start_client(tls_context_source const& contexts, std::string server_name, bool verify_server,
                                        std::shared_ptr<tls_sessions> sessions) {
  server_name_ = std::move(server_name);
  sessions_ = std::move(sessions);
  if (!make_ssl(contexts)) return;
  SSL* const ssl = ssl_.get();
  SSL_set_connect_state(ssl);
  unsigned char const offer[] = {2, 'h', '2'};
  SSL_set_alpn_protos(ssl, offer, sizeof offer);
  bool const is_address = literal_address(server_name_).has_value();
  if (!is_address && !server_name_.empty()) SSL_set_tlsext_host_name(ssl, server_name_.c_str());
  if (!verify_server) {
    SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
  } else {
    if (server_name_.empty()) return fail("there is no server name to verify", asio::error::invalid_argument);
    SSL_set_verify(ssl, SSL_VERIFY_PEER, &on_verify);
    X509_VERIFY_PARAM* const parameters = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    int const set = is_address ? X509_VERIFY_PARAM_set1_ip_asc(parameters, server_name_.c_str())
                               : X509_VERIFY_PARAM_set1_host(parameters, server_name_.c_str(), server_name_.size());
    if (set != 1) return fail("\"" + server_name_ + "\" is no server name", asio::error::invalid_argument);
  }
  if (sessions_ == nullptr) return;
  if (tls_session const kept = sessions_->take(context_, server_name_)) SSL_set_session(ssl, kept.get());
}

/// Asks the context's own callback, and remembers why it, or OpenSSL, said no.
HEDDLE_DECL int tls_core::on_verify(int verified, X509_STORE_CTX* store) {
  SSL* const ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& core = *static_cast<tls_core*>(SSL_get_app_data(ssl));
  SSL_verify_cb const users = SSL_CTX_get_verify_callback(SSL_get_SSL_CTX(ssl));
  int const answer = users != nullptr ? users(verified, store) : verified;
  if (answer != 0) return answer;
  core.refusal_ = tls_refusal_text(store, core.client_, core.server_name_);
  if (X509_STORE_CTX_get_error(store) == X509_V_OK)
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
  return answer;
}

// ---- the handshake

HEDDLE_DECL void tls_core::handshake(std::function<void(status)> done) {
  on_handshake_ = std::move(done);
  if (failure_.is_ok()) {
    shake_hands();
    flush();
    read_more();
  }
  if (!failure_.is_ok()) post_progress();
}

HEDDLE_DECL bool tls_core::looks_like_tls() {
  if (first_bytes_seen_ || in_.empty()) return true;
  first_bytes_seen_ = true;
  std::uint8_t const type = in_.data()[0];
  if (type >= 20 && type <= 24) return true;  // change_cipher_spec, alert, handshake, application_data, heartbeat
  if (!client_ && type >= 'A' && type <= 'Z') out_.append(detail::tls_cleartext_answer);
  fail(not_tls_text(as_text(in_.view()), client_), asio::error::no_protocol_option);
  return false;
}

HEDDLE_DECL void tls_core::shake_hands() {
  if (!looks_like_tls()) return;
  ERR_clear_error();
  int const done = SSL_do_handshake(ssl_.get());
  if (done == 1) {
    established_ = true;
    if (client_) check_protocol();
    if (client_) keep_session();
  } else if (SSL_get_error(ssl_.get(), done) != SSL_ERROR_WANT_READ) {
    fail_by_openssl();
  }
}

HEDDLE_DECL void tls_core::check_protocol() {
  std::string const selected = application_protocol();
  if (selected != "h2") fail(alpn_text(selected), asio::error::no_protocol_option);
}

/// TLS 1.2 has its session when the handshake is done, 1.3 whenever the server sends a ticket.
HEDDLE_DECL void tls_core::keep_session() {
  if (sessions_ == nullptr || !failure_.is_ok()) return;
  if (SSL_get_session(ssl_.get()) == seen_session_.get()) return;
  seen_session_ = tls_session(SSL_get1_session(ssl_.get()), &SSL_SESSION_free);
  if (SSL_SESSION_is_resumable(seen_session_.get()) == 1) sessions_->put(context_, server_name_, seen_session_);
}

HEDDLE_DECL void tls_core::fail(std::string const& what, error_code ec) {
  if (!failure_.is_ok()) return;
  failure_ = status(status_code::unavailable, what, status_origin::transport);
  // A close now could destroy our alert on its way to a peer that is still sending.
  lingering_ = !client_ && !established_ && !out_.empty();
  in_.clear();
  end_ = write_end_ = ec;
}

HEDDLE_DECL void tls_core::fail_by_openssl() {
  unsigned long const error = take_tls_error();
  if (!refusal_.empty()) return fail(refusal_, error_code(static_cast<int>(error), asio::error::get_ssl_category()));
  fail(tls_error_text(error, client_), error_code(static_cast<int>(error), asio::error::get_ssl_category()));
}

// ---- bytes

HEDDLE_DECL std::size_t tls_core::decrypt() {
  std::size_t done = 0;
  while (done < into_.size() && !end_) {
    std::size_t n = 0;
    ERR_clear_error();
    if (SSL_read_ex(ssl_.get(), static_cast<char*>(into_.data()) + done, into_.size() - done, &n) == 1) {
      done += n;
      continue;
    }
    int const why = SSL_get_error(ssl_.get(), 0);
    if (why == SSL_ERROR_WANT_READ) break;
    if (why == SSL_ERROR_ZERO_RETURN) {
      end_ = asio::error::eof;
      in_.clear();
    } else {
      fail_by_openssl();
    }
  }
  if (client_) keep_session();
  if (!reading_) in_.shrink(read_size_ * 2);
  return done;
}

HEDDLE_DECL void tls_core::encrypt(asio::const_buffer part, std::size_t& room, std::size_t& done) {
  std::size_t const wanted = std::min(part.size(), room);
  if (wanted == 0 || write_end_) return;
  std::size_t n = 0;
  ERR_clear_error();
  if (SSL_write_ex(ssl_.get(), part.data(), wanted, &n) != 1) return fail_by_openssl();
  room -= n;
  done += n;
}

/// A header of nine bytes is no record of its own: parts share records, and what fills one goes as it lies.
HEDDLE_DECL void tls_core::encrypt(std::span<asio::const_buffer const> parts, std::size_t& room, std::size_t& done) {
  if (parts.size() == 1) return encrypt(parts.front(), room, done);
  std::array<std::uint8_t, detail::tls_record> record;
  std::size_t filled = 0;
  auto const send = [&] {
    encrypt(asio::buffer(record, filled), room, done);
    filled = 0;
  };
  for (asio::const_buffer part : parts) {
    while (part.size() != 0 && room > filled && !write_end_) {
      if (filled == 0 && part.size() >= record.size()) {
        encrypt(asio::buffer(part, record.size()), room, done);
        part += record.size();
        continue;
      }
      std::size_t const n = std::min({part.size(), record.size() - filled, room - filled});
      std::memcpy(record.data() + filled, part.data(), n);
      filled += n;
      part += n;
      if (filled == record.size()) send();
    }
  }
  if (filled != 0) send();
}

HEDDLE_DECL void tls_core::input_ended(error_code ec) {
  if (!failure_.is_ok() || end_) return;
  if (ec != asio::error::eof) {
    end_ = ec;
    failure_ = status(status_code::unavailable, ec.message(), status_origin::transport);
  } else if (established_) {
    end_ = asio::ssl::error::stream_truncated;
    failure_ = status(status_code::unavailable, "the peer closed it without the end of TLS (close_notify)",
                      status_origin::transport);
  } else {
    end_ = asio::ssl::error::stream_truncated;
    failure_ =
        status(status_code::unavailable, "the peer closed it during the TLS handshake", status_origin::transport);
  }
  if (!established_) write_end_ = end_;
}

HEDDLE_DECL void tls_core::on_read(error_code ec, std::size_t n) {
  reading_ = false;
  if (lingering_) {
    discarded_ += n;
    if (ec || discarded_ > detail::tls_max_discarded) lingering_ = false;
    return progress();
  }
  if (ec) {
    input_ended(ec);
    return progress();
  }
  in_.commit(n);
  if (n == read_size_) {
    read_size_ = std::min(read_size_ * 2, detail::tls_max_read);
    quiet_reads_ = 0;
  } else if (n < read_size_ / 4 && ++quiet_reads_ >= 16) {
    read_size_ = std::max(read_size_ / 2, detail::tls_min_read);
    quiet_reads_ = 0;
  }
  progress();
}

HEDDLE_DECL void tls_core::on_writable(error_code ec) {
  blocked_ = false;
  if (ec) write_end_ = ec;
  progress();
}

/// What every completion ends with.
HEDDLE_DECL void tls_core::progress() {
  auto const keep = shared_from_this();
  if (!closed_ && !established_ && !end_) shake_hands();
  deliver();
  if (closed_) return;
  flush();
  if (writer_ != nullptr && !blocked_ && (established_ || (end_ && !lingering_)))
    std::exchange(writer_, nullptr)->on_writable(write_end_);
  read_more();
}

HEDDLE_DECL void tls_core::deliver() {
  if (closed_) {
    std::function<void(status)> const nobody = std::exchange(on_handshake_, nullptr);
    if (auto const user = std::exchange(reader_, nullptr)) user->on_read(asio::error::operation_aborted, 0);
    if (auto const user = std::exchange(writer_, nullptr)) user->on_writable(asio::error::operation_aborted);
    return;
  }
  if (lingering_ || (!established_ && !end_)) return;
  if (auto const told = std::exchange(on_handshake_, nullptr)) {
    if (!failure_.is_ok()) flush();  // our alert
    return told(failure_);
  }
  if (reader_ == nullptr) return;
  std::size_t const n = decrypt();
  if (n == 0 && !end_) return;
  auto const user = std::exchange(reader_, nullptr);
  if (n == 0 && !failure_.is_ok()) flush();
  user->on_read(n == 0 ? end_ : error_code(), n);
}

HEDDLE_DECL void tls_core::flush() {
  while (!out_.empty() && !blocked_) {
    error_code ec;
    std::size_t const n = inner_->write_some(asio::buffer(out_.data(), out_.size()), ec);
    out_.consume(n);
    if (ec == asio::error::would_block || ec == asio::error::try_again) {
      blocked_ = true;
      inner_->wait_writable(shared_from_this());
    } else if (ec) {  // whoever reads will learn more
      write_end_ = ec;
      out_.clear();
    }
  }
  if (!out_.empty()) return;
  out_.shrink(detail::tls_kept_output);
  if ((write_ended_ || lingering_) && !std::exchange(inner_write_ended_, true)) inner_->shut_down_write();
}

HEDDLE_DECL void tls_core::read_more() {
  if (reading_ || closed_) return;
  if (lingering_) in_.clear();
  if (has_input()) return;  // which has its turn posted
  bool const wanted = lingering_ || (!end_ && (reader_ != nullptr || (on_handshake_ && !established_)));
  if (!wanted || out_.size() > detail::tls_max_output) return;
  reading_ = true;
  inner_->read_some(asio::mutable_buffer(in_.prepare(read_size_), read_size_), shared_from_this());
}

HEDDLE_DECL void tls_core::post_progress() {
  if (std::exchange(posted_, true)) return;
  auto const self = std::static_pointer_cast<tls_core>(shared_from_this());
  asio::post(inner_->get_executor(), completion{self});
}

// ---- what users do

HEDDLE_DECL void tls_core::read_some(asio::mutable_buffer into, std::shared_ptr<byte_stream_user> user) {
  reader_ = std::move(user);
  into_ = into;
  bool const ready =
      closed_ || (end_ && !lingering_) || (established_ && (!in_.empty() || SSL_pending(ssl_.get()) > 0));
  if (ready) return post_progress();
  read_more();
}

HEDDLE_DECL std::size_t tls_core::write_some(std::span<asio::const_buffer const> parts, error_code& ec) {
  ec = closed_ || write_ended_ ? error_code(asio::error::broken_pipe) : write_end_;
  if (ec) return 0;
  if (!established_ || blocked_) {
    ec = asio::error::would_block;
    return 0;
  }
  std::size_t room = detail::tls_batch, done = 0;
  encrypt(parts, room, done);
  flush();
  if (done == 0) ec = write_end_;
  return done;
}

HEDDLE_DECL void tls_core::wait_writable(std::shared_ptr<byte_stream_user> user) {
  writer_ = std::move(user);
  if (closed_ || (end_ && !lingering_) || (established_ && !blocked_)) post_progress();
}

HEDDLE_DECL void tls_core::shut_down_write() noexcept {
  if (closed_ || std::exchange(write_ended_, true)) return;
  if (established_ && !write_end_) SSL_shutdown(ssl_.get());
  ERR_clear_error();
  flush();
}

HEDDLE_DECL void tls_core::close() noexcept {
  if (closed_) return;
  shut_down_write();
  closed_ = true;
  inner_->close();
}

HEDDLE_DECL std::string tls_core::application_protocol() const {
  if (!established_) return {};
  unsigned char const* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<char const*>(name), size};
}

HEDDLE_DECL std::shared_ptr<auth_info const> tls_core::auth() {
  if (auth_ == nullptr && established_) auth_ = auth_of(ssl_.get());
  return auth_;
}

HEDDLE_DECL void tls_core::on_context_shutdown() noexcept {
  auto const keep = weak_from_this().lock();
  auto const reader = std::exchange(reader_, nullptr), writer = std::exchange(writer_, nullptr);
  auto const handler = std::exchange(on_handshake_, nullptr);
}

// ---- the handle

HEDDLE_DECL tls_stream::tls_stream(std::unique_ptr<byte_stream> inner, tls_context_source const& contexts)
    : core_(std::make_shared<tls_core>(std::move(inner), false)) {
  core_->start_server(contexts);
}

HEDDLE_DECL tls_stream::tls_stream(std::unique_ptr<byte_stream> inner, tls_context_source const& contexts,
                                   std::string server_name, bool verify_server, std::shared_ptr<tls_sessions> sessions)
    : core_(std::make_shared<tls_core>(std::move(inner), true)) {
  core_->start_client(contexts, std::move(server_name), verify_server, std::move(sessions));
}

HEDDLE_DECL tls_stream::~tls_stream() { core_->close(); }

HEDDLE_DECL void tls_stream::handshake(std::function<void(status)> done) { core_->handshake(std::move(done)); }
HEDDLE_DECL asio::any_io_executor tls_stream::get_executor() { return core_->inner().get_executor(); }
HEDDLE_DECL void tls_stream::read_some(asio::mutable_buffer into, std::shared_ptr<byte_stream_user> user) {
  core_->read_some(into, std::move(user));
}
HEDDLE_DECL std::size_t tls_stream::write_some(std::span<asio::const_buffer const> parts, error_code& ec) {
  return core_->write_some(parts, ec);
}
HEDDLE_DECL void tls_stream::wait_writable(std::shared_ptr<byte_stream_user> user) {
  core_->wait_writable(std::move(user));
}
HEDDLE_DECL void tls_stream::shut_down_write() noexcept { core_->shut_down_write(); }
HEDDLE_DECL void tls_stream::close() noexcept { core_->close(); }
HEDDLE_DECL void tls_stream::give_up_after(std::chrono::nanoseconds unacknowledged) noexcept {
  core_->inner().give_up_after(unacknowledged);
}
HEDDLE_DECL std::string tls_stream::peer() const { return core_->inner().peer(); }
HEDDLE_DECL std::string tls_stream::local() const { return core_->inner().local(); }
HEDDLE_DECL std::string tls_stream::application_protocol() const { return core_->application_protocol(); }
HEDDLE_DECL std::shared_ptr<auth_info const> tls_stream::auth() const { return core_->auth(); }
HEDDLE_DECL std::string tls_stream::describe(error_code const& ec) const {
  if (core_->failure().is_ok() || ec == asio::error::eof) return core_->inner().describe(ec);
  return std::string(core_->failure().message());
}

}  // namespace heddle::transport
