// The file of a listening Unix socket: who may make it, and who removes it. POSIX.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <boost/system/error_code.hpp>

#include <heddle/base/config.hpp>

namespace heddle::transport {

/// Owns the file that bind() has made, and removes it at its own end unless somebody else has put another in its place.
class socket_file {
 public:
  socket_file() noexcept {}
  /// `path` was just bound.
  HEDDLE_DECL explicit socket_file(std::string path);
  socket_file(socket_file&& other) noexcept { swap(other); }
  socket_file& operator=(socket_file&& other) noexcept {
    socket_file(std::move(other)).swap(*this);
    return *this;
  }
  ~socket_file() { remove(); }

  HEDDLE_DECL void remove() noexcept;

 private:
  void swap(socket_file& other) noexcept {
    path_.swap(other.path_);
    std::swap(device_, other.device_);
    std::swap(inode_, other.inode_);
  }

  std::string path_;
  std::uint64_t device_ = 0, inode_ = 0;
};

/// Holds the lock of a file's directory (flock), from before bind() until after listen(): a server that starts at the
/// same time must not take a file for dead that is bound and does not listen yet. Waits half a second at most; who may
/// not read the directory goes without.
class directory_lock {
 public:
  HEDDLE_DECL explicit directory_lock(std::string const& path_in_it);
  directory_lock(directory_lock const&) = delete;
  directory_lock& operator=(directory_lock const&) = delete;
  HEDDLE_DECL ~directory_lock();

 private:
  int fd_ = -1;
};

/// Removes the file at `path` if it is a Unix socket at which nobody listens any more; says whether it did.
HEDDLE_DECL bool remove_dead_socket(std::string const& path) noexcept;

/// Who may connect: the file's permission bits.
HEDDLE_DECL boost::system::error_code set_mode(std::string const& path, unsigned mode) noexcept;

/// What an inherited descriptor is, as listen(2) would have it: a stream socket that listens. Otherwise an error.
HEDDLE_DECL boost::system::error_code check_listening(int socket, int& family) noexcept;

}  // namespace heddle::transport

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/transport/socket_file.ipp>
#endif
