#include "byte_source.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#ifdef _WIN32
#define NOMINMAX
#include <io.h>
#include <windows.h>
#else
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace epochal {

#ifdef _WIN32

FileSource::FileSource(int fd) : fd_(fd) {
  LARGE_INTEGER size;
  if (!GetFileSizeEx(reinterpret_cast<HANDLE>(_get_osfhandle(fd)), &size)) {
    throw std::system_error(static_cast<int>(GetLastError()), std::system_category());
  }
  end_ = stored_bytes_ = static_cast<uint64_t>(size.QuadPart);
}

uint64_t FileSource::next_data(uint64_t offset) { return offset; }

size_t FileSource::read(uint64_t offset, uint8_t* out, size_t size) {
  size_t done = 0;
  while (done < size) {
    OVERLAPPED position{};
    position.Offset = static_cast<DWORD>(offset + done);
    position.OffsetHigh = static_cast<DWORD>((offset + done) >> 32);
    DWORD got = 0;
    const DWORD wanted = static_cast<DWORD>(std::min<size_t>(size - done, 1 << 30));
    if (!ReadFile(reinterpret_cast<HANDLE>(_get_osfhandle(fd_)), out + done, wanted, &got, &position)) {
      if (GetLastError() == ERROR_HANDLE_EOF) break;
      throw std::system_error(static_cast<int>(GetLastError()), std::system_category());
    }
    if (got == 0) break;
    done += got;
  }
  return done;
}

#else

FileSource::FileSource(int fd) : fd_(fd) {
  struct stat status;
  if (::fstat(fd, &status) != 0) throw std::system_error(errno, std::generic_category());
  end_ = static_cast<uint64_t>(status.st_size);
  stored_bytes_ = std::min(end_, uint64_t{512} * static_cast<uint64_t>(status.st_blocks));
}

uint64_t FileSource::next_data(uint64_t offset) {
#ifdef SEEK_DATA
  const off_t data = ::lseek(fd_, static_cast<off_t>(offset), SEEK_DATA);
  if (data >= 0) return std::max(offset, static_cast<uint64_t>(data));
  if (errno == ENXIO) return std::max(offset, end_);  // a hole up to the end
#endif
  return offset;
}

size_t FileSource::read(uint64_t offset, uint8_t* out, size_t size) {
  size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(fd_, out + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0) {
      if (errno == EINTR) continue;
      throw std::system_error(errno, std::generic_category());
    }
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

#endif

size_t MemorySource::read(uint64_t offset, uint8_t* out, size_t size) {
  if (offset < base_ || offset >= end_) return 0;
  const size_t got = static_cast<size_t>(std::min<uint64_t>(size, end_ - offset));
  std::memcpy(out, data_ + (offset - base_), got);
  return got;
}

}  // namespace epochal
