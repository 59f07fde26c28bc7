// A message of any type on its way, as interceptors see it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <heddle/rpc/message_ops.hpp>

namespace heddle {

/// Lives for the hook that it is given to. What is sent belongs to the application, which goes on using it: changing it
/// makes a copy, which is sent instead. What was received is changed in place.
class message_view {
 public:
  message_view(void* received, message_ops const& ops) noexcept : ops_(ops), read_(received), write_(received) {}
  /// `copy` becomes the message that edit() has made; whoever calls the hooks destroys it.
  message_view(void const* sent, message_ops const& ops, void*& copy) noexcept
      : ops_(ops), read_(copy != nullptr ? copy : sent), write_(copy), copy_(&copy) {}
  message_view(message_view const&) = delete;
  message_view& operator=(message_view const&) = delete;

  /// The full protobuf name, or "raw bytes".
  std::string_view type_name() const { return ops_.type_name(); }
  message_ops const& ops() const noexcept { return ops_; }
  /// Of the message as it is now, uncompressed and without prefix, in bytes.
  std::size_t size() const { return ops_.size(read_); }
  /// Its serialised form.
  std::string bytes() const {
    std::string out(size(), '\0');
    ops_.serialize(read_, reinterpret_cast<std::uint8_t*>(out.data()), out.size());
    return out;
  }

  /// Null when it is a message of another type.
  template <class Message>
  Message const* get() const noexcept {
    return &ops_ == ops_of<Message> ? static_cast<Message const*>(read_) : nullptr;
  }
  /// The same, to be changed.
  template <class Message>
  Message* edit() {
    return &ops_ == ops_of<Message> ? static_cast<Message*>(edit()) : nullptr;
  }

 private:
  void* edit() {
    if (write_ != nullptr) return write_;
    std::string const same = bytes();
    *copy_ = ops_.create();
    ops_.parse(*copy_, bytes_view(reinterpret_cast<std::uint8_t const*>(same.data()), same.size()));
    read_ = write_ = *copy_;
    return write_;
  }

  message_ops const& ops_;
  void const* read_;
  void* write_;
  void** copy_ = nullptr;
};

/// A message of the application on its way out: itself, or the copy that hooks have changed.
class outgoing_message {
 public:
  outgoing_message(void const* message, message_ops const& ops) noexcept : message_(message), ops_(ops) {}
  ~outgoing_message() {
    if (copy_ != nullptr) ops_.destroy(copy_);
  }
  outgoing_message(outgoing_message const&) = delete;
  outgoing_message& operator=(outgoing_message const&) = delete;

  message_view view() noexcept { return {message_, ops_, copy_}; }
  void const* get() const noexcept { return copy_ != nullptr ? copy_ : message_; }

 private:
  void const* message_;
  message_ops const& ops_;
  void* copy_ = nullptr;
};

}  // namespace heddle
