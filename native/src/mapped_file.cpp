#include "mapped_file.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#ifdef _WIN32
#define NOMINMAX
#include <io.h>
#include <windows.h>
#else
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace epochal {

MappedFile::MappedFile(const uint8_t* data, size_t size) : size_(size), copy_(new uint8_t[size]) {
  std::copy_n(data, size, copy_.get());
  data_ = copy_.get();
}

#ifdef _WIN32

namespace {

[[noreturn]] void throw_last_error() {
  throw std::system_error(static_cast<int>(GetLastError()), std::system_category());
}

}  // namespace

MappedFile::MappedFile(int fd) {
  const auto file = reinterpret_cast<HANDLE>(_get_osfhandle(fd));
  LARGE_INTEGER size;
  if (!GetFileSizeEx(file, &size)) throw_last_error();
  if (size.QuadPart == 0) return;  // nothing can be mapped
  const HANDLE mapping = CreateFileMappingW(file, nullptr, PAGE_READONLY, 0, 0, nullptr);
  if (mapping == nullptr) throw_last_error();
  void* const data = MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, static_cast<SIZE_T>(size.QuadPart));
  const DWORD error = GetLastError();
  CloseHandle(mapping);  // the view keeps it
  if (data == nullptr) throw std::system_error(static_cast<int>(error), std::system_category());
  data_ = static_cast<const uint8_t*>(data);
  size_ = static_cast<size_t>(size.QuadPart);
}

MappedFile::~MappedFile() {
  if (copy_ == nullptr && data_ != nullptr) UnmapViewOfFile(data_);
}

void write_at(int fd, uint64_t offset, const uint8_t* data, size_t size) {
  const auto file = reinterpret_cast<HANDLE>(_get_osfhandle(fd));
  for (size_t done = 0; done < size;) {
    OVERLAPPED position{};
    position.Offset = static_cast<DWORD>(offset + done);
    position.OffsetHigh = static_cast<DWORD>((offset + done) >> 32);
    DWORD written = 0;
    const DWORD wanted = static_cast<DWORD>(std::min<size_t>(size - done, 1 << 30));
    if (!WriteFile(file, data + done, wanted, &written, &position)) throw_last_error();
    done += written;
  }
}

#else

MappedFile::MappedFile(int fd) {
  struct stat status;
  if (::fstat(fd, &status) != 0) throw std::system_error(errno, std::generic_category());
  if (status.st_size == 0) return;  // nothing can be mapped
  size_ = static_cast<size_t>(status.st_size);
  // Shared, so that parts of it can be mapped once more without its descriptor; it is never written through here.
  void* const data = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED) throw std::system_error(errno, std::generic_category());
  data_ = static_cast<const uint8_t*>(data);
}

MappedFile::~MappedFile() {
  if (copy_ == nullptr && data_ != nullptr) ::munmap(const_cast<uint8_t*>(data_), size_);
}

void write_at(int fd, uint64_t offset, const uint8_t* data, size_t size) {
  for (size_t done = 0; done < size;) {
    const ssize_t written = ::pwrite(fd, data + done, size - done, static_cast<off_t>(offset + done));
    if (written < 0) {
      if (errno == EINTR) continue;
      throw std::system_error(errno, std::generic_category());
    }
    done += static_cast<size_t>(written);
  }
}

#endif

}  // namespace epochal
