#pragma once

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <heddle/transport/socket_file.hpp>

namespace heddle::transport {

namespace detail {

inline boost::system::error_code last_error() noexcept { return {errno, boost::system::system_category()}; }

}  // namespace detail

HEDDLE_DECL socket_file::socket_file(std::string path) {
  struct stat found;
  if (::lstat(path.c_str(), &found) != 0) return;
  path_ = std::move(path);
  device_ = found.st_dev;
  inode_ = found.st_ino;
}

HEDDLE_DECL void socket_file::remove() noexcept {
  if (path_.empty()) return;
  struct stat found;
  bool const ours = ::lstat(path_.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == inode_;
  if (ours) ::unlink(path_.c_str());
  path_.clear();
}

HEDDLE_DECL directory_lock::directory_lock(std::string const& path_in_it) {
  auto const slash = path_in_it.rfind('/');
  std::string const directory = slash == std::string::npos ? "." : path_in_it.substr(0, slash + 1);
  fd_ = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (int i = 0; fd_ >= 0 && i < 50; ++i) {
    if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
    if (errno != EWOULDBLOCK && errno != EINTR) return;
    ::poll(nullptr, 0, 10);
  }
}

HEDDLE_DECL directory_lock::~directory_lock() {
  if (fd_ >= 0) ::close(fd_);
}

HEDDLE_DECL bool remove_dead_socket(std::string const& path) noexcept {
  struct stat found;
  if (::lstat(path.c_str(), &found) != 0 || !S_ISSOCK(found.st_mode)) return false;
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  int const probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  // Whoever lives accepts, or is behind with accepting (EAGAIN), or speaks datagrams (EPROTOTYPE).
  bool const dead =
      ::connect(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 && errno == ECONNREFUSED;
  ::close(probe);
  return dead && ::unlink(path.c_str()) == 0;
}

HEDDLE_DECL boost::system::error_code set_mode(std::string const& path, unsigned mode) noexcept {
  return ::chmod(path.c_str(), static_cast<mode_t>(mode)) == 0 ? boost::system::error_code() : detail::last_error();
}

HEDDLE_DECL boost::system::error_code check_listening(int socket, int& family) noexcept {
  auto const ask = [socket](int option, int& value) {
    socklen_t size = sizeof value;
    return ::getsockopt(socket, SOL_SOCKET, option, &value, &size) == 0;
  };
  int type = 0, accepts = 0;
  if (!ask(SO_DOMAIN, family) || !ask(SO_TYPE, type) || !ask(SO_ACCEPTCONN, accepts)) return detail::last_error();
  if (type == SOCK_STREAM && accepts != 0) return {};
  return boost::system::errc::make_error_code(boost::system::errc::invalid_argument);
}

}  // namespace heddle::transport
